import { createLogger, main, readConfig, runService } from '@comanda/service-kit';
import { PaymentsConfig } from './config.js';
import { PaymentsModule } from './payments.module.js';

await main(async () => {
  const config = readConfig(PaymentsConfig, process.env);
  const logger = createLogger('payments-service', config.LOG_LEVEL);
  await runService(PaymentsModule.of(config, logger), {
    port: config.PAYMENTS_PORT,
    host: config.BIND_HOST,
    logger,
  });
});
