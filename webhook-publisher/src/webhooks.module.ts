import { handlers } from '@comanda/messaging';
import { DATABASE, ServiceModule } from '@comanda/service-kit';
import type { Database } from '@comanda/storage';
import { type DynamicModule, Module } from '@nestjs/common';
import type { Logger } from 'pino';
import { openChannels } from './channels/index.js';
import { Sender } from './channels/sender.js';
import type { WebhooksConfig } from './config.js';
import { webhookHandlers } from './handlers/index.js';
import { CHANNELS } from './queries/check-target.js';
import { webhookQueries } from './queries/index.js';
import { historyRetentions } from './storage/history-retentions.js';
import { migrations } from './storage/migrations.js';
import { SecretVault } from './storage/secret-vault.js';
import { deliver } from './work/deliver.js';

const clock = () => new Date();

@Module({})
// biome-ignore lint/complexity/noStaticOnlyClass: Nest's form of a module with options
export class WebhooksModule {
  static of(config: WebhooksConfig, logger: Logger): DynamicModule {
    const vault = new SecretVault(...config.WEBHOOK_ENCRYPTION_KEYS);
    const limits = { maxSubscriptions: config.WEBHOOK_MAX_SUBSCRIPTIONS };
    const channels = openChannels(config, { vault, clock });
    return {
      module: WebhooksModule,
      imports: [
        ServiceModule.of({
          service: 'webhook-publisher',
          logger,
          config,
          databaseUrl: config.WEBHOOKS_DATABASE_URL,
          migrations,
          retentions: historyRetentions(config.DELIVERY_RETENTION_DAYS),
          work: {
            inject: [DATABASE],
            useFactory: (database: Database) => [
              deliver({
                database,
                sender: new Sender(channels, logger),
                scheduleSeconds: config.WEBHOOK_RETRY_SECONDS,
                // Long enough to wait a few times behind a slow endpoint, and for the attempt itself.
                leaseSeconds: Math.ceil(config.WEBHOOK_TIMEOUT_MS / 1000) * 6,
                clock,
              }),
            ],
          },
        }),
      ],
      controllers: [...handlers(...webhookHandlers(channels, vault, limits)), ...webhookQueries(vault)],
      providers: [{ provide: CHANNELS, useValue: channels }],
    };
  }
}
