import { createLogger, main, readConfig, runService } from '@comanda/service-kit';
import { WebhooksConfig } from './config.js';
import { WebhooksModule } from './webhooks.module.js';

await main(async () => {
  const config = readConfig(WebhooksConfig, process.env);
  const logger = createLogger('webhook-publisher', config.LOG_LEVEL);
  await runService(WebhooksModule.of(config, logger), {
    port: config.WEBHOOKS_PORT,
    host: config.BIND_HOST,
    logger,
  });
});
