import { runService, startService } from '@comanda/service-kit';
import { PaymentsConfig } from './config.js';
import { PaymentsModule } from './payments.module.js';

await startService('payments-service', PaymentsConfig, (config, logger) =>
  runService(PaymentsModule.of(config, logger), {
    port: config.PAYMENTS_PORT,
    host: config.BIND_HOST,
    logger,
  }),
);
