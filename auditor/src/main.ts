import { runWithoutTraffic, startService } from '@comanda/service-kit';
import { AuditorModule } from './auditor.module.js';
import { AuditorConfig } from './config.js';

await startService('auditor', AuditorConfig, (config, logger) =>
  runWithoutTraffic(AuditorModule.of(config, logger), {
    port: config.AUDITOR_PORT,
    host: config.BIND_HOST,
    logger,
  }),
);
