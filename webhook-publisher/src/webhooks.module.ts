import { handlers } from '@comanda/messaging';
import { DATABASE, housekeepingOf, ServiceModule } from '@comanda/service-kit';
import { type Database } from '@comanda/storage';
import { type DynamicModule, Module } from '@nestjs/common';
import type { Logger } from 'pino';
import { EndpointLimits } from './channels/endpoint-limits.js';
import { createTelegramChannel } from './channels/telegram-channel.js';
import { createWebhookChannel } from './channels/webhook-channel.js';
import type { WebhooksConfig } from './config.js';
import { webhookHandlers } from './handlers/index.js';
import { DeliveryQueries } from './queries/delivery-queries.js';
import { SubscriptionQueries, TARGET_RULES, type TargetRules } from './queries/subscription-queries.js';
import { historyRetentions } from './storage/history-retentions.js';
import { migrations } from './storage/migrations.js';
import { SecretVault } from './storage/secret-vault.js';
import { deliver } from './work/deliver.js';
import { Sender } from './work/sender.js';

const CONNECT_TIMEOUT_MS = 5_000;

@Module({})
// biome-ignore lint/complexity/noStaticOnlyClass: Nest's form of a module with options
export class WebhooksModule {
  static of(config: WebhooksConfig, logger: Logger): DynamicModule {
    const vault = new SecretVault(config.encryptionKey);
    const allowPrivateHosts = config.WEBHOOK_ALLOW_PRIVATE_HOSTS;
    const rules: TargetRules = {
      requireHttps: !config.COMANDA_DEMO && !allowPrivateHosts,
      allowPrivateHosts,
    };
    return {
      module: WebhooksModule,
      imports: [
        ServiceModule.of({
          service: 'webhook-publisher',
          logger,
          rabbitUrl: config.RABBITMQ_URL,
          redisUrl: config.REDIS_URL,
          databaseUrl: config.WEBHOOKS_DATABASE_URL,
          migrations,
          housekeeping: housekeepingOf(config),
          retentions: historyRetentions(config.DELIVERY_RETENTION_DAYS),
          work: {
            inject: [DATABASE],
            useFactory: (database: Database) => [
              deliver({
                database,
                sender: senderOf(config, vault),
                scheduleSeconds: config.WEBHOOK_RETRY_SECONDS,
                // Room for a few rounds of waiting behind a slow endpoint, and for the attempt itself.
                leaseSeconds: Math.ceil(config.WEBHOOK_TIMEOUT_MS / 1000) * 6,
              }),
            ],
          },
        }),
      ],
      controllers: [...handlers(...webhookHandlers(vault)), SubscriptionQueries, DeliveryQueries],
      providers: [{ provide: TARGET_RULES, useValue: rules }],
    };
  }
}

function senderOf(config: WebhooksConfig, vault: SecretVault): Sender {
  const timeoutMs = config.WEBHOOK_TIMEOUT_MS;
  const token = config.TELEGRAM_BOT_TOKEN;
  return new Sender({
    vault,
    webhooks: createWebhookChannel({
      allowPrivateHosts: config.WEBHOOK_ALLOW_PRIVATE_HOSTS,
      connectTimeoutMs: Math.min(CONNECT_TIMEOUT_MS, timeoutMs),
    }),
    telegram:
      token === undefined
        ? undefined
        : createTelegramChannel({ token, apiRoot: config.TELEGRAM_API_ROOT.replace(/\/$/, ''), timeoutMs }),
    limits: new EndpointLimits(),
    timeoutMs,
  });
}
