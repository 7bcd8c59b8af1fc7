import { createLogger, main, readConfig, runWithoutTraffic } from '@comanda/service-kit';
import { AuditorModule } from './auditor.module.js';
import { AuditorConfig } from './config.js';

await main(async () => {
  const config = readConfig(AuditorConfig, process.env);
  const logger = createLogger('auditor', config.LOG_LEVEL);
  await runWithoutTraffic(AuditorModule.of(config, logger), {
    port: config.AUDITOR_PORT,
    host: config.BIND_HOST,
    logger,
  });
});
