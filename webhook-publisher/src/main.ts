import { runService, startService } from '@comanda/service-kit';
import { WebhooksConfig } from './config.js';
import { WebhooksModule } from './webhooks.module.js';

await startService('webhook-publisher', WebhooksConfig, (config, logger) =>
  runService(WebhooksModule.of(config, logger), {
    port: config.WEBHOOKS_PORT,
    host: config.BIND_HOST,
    logger,
  }),
);
