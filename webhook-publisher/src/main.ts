import { Broker, ENTROPY, Requester } from '@comanda/messaging';
import { rabbitUrlOf, runService, startService } from '@comanda/service-kit';
import type { Database } from '@comanda/storage';
import { openCouriers } from './channels/couriers.js';
import { DEFAULT_ENDPOINTS, Endpoints } from './channels/endpoints.js';
import { openChannels } from './channels/index.js';
import { Sender } from './channels/sender.js';
import { openTelegramUpdates } from './channels/telegram/telegram-updates.js';
import { WebhooksConfig } from './config.js';
import { webhookHandlers } from './handlers/index.js';
import { webhookQueries } from './queries/index.js';
import { destinationsIn } from './storage/destinations.js';
import { contactRetentions, historyRetentions } from './storage/history-retentions.js';
import { migrations } from './storage/migrations.js';
import { proofKeyOf, publishProofKey } from './storage/proof-keys.js';
import { SecretVault } from './storage/secret-vault.js';
import { Templates } from './templates/template-files.js';
import { answerCommand } from './work/answer-command.js';
import { deliver } from './work/deliver.js';
import { hearCommands, keepHearing } from './work/hear-commands.js';
import { notify } from './work/notify.js';
import { replay } from './work/replay.js';
import { replayedEvents } from './work/replayed-events.js';
import { Shop } from './work/shop.js';
import { keepStaffChat } from './work/staff-chat.js';

const clock = () => new Date();

await startService('webhook-publisher', WebhooksConfig, (config, logger) => {
  const vault = new SecretVault(...config.WEBHOOK_ENCRYPTION_KEYS);
  const proofKey = proofKeyOf(config.WEBHOOK_ENCRYPTION_KEYS);
  const limits = { maxSubscriptions: config.WEBHOOK_MAX_SUBSCRIPTIONS };
  const channels = openChannels(config, { vault, clock });
  let opened: Database | undefined;
  const endpoints = new Endpoints(DEFAULT_ENDPOINTS, async (row) => opened && destinationsIn(opened)(row));
  const templates = Templates.read(config.TEMPLATES_DIR);
  const updates = openTelegramUpdates(config);
  const broker = updates && new Broker(rabbitUrlOf(config), 'webhook-publisher:ask', logger);
  return runService({
    service: 'webhook-publisher',
    logger,
    config,
    port: config.WEBHOOKS_PORT,
    databaseUrl: config.WEBHOOKS_DATABASE_URL,
    readsUrl: config.WEBHOOKS_READS_URL,
    migrations,
    prepare: async (database) => {
      await publishProofKey(proofKey, database, clock());
      await keepStaffChat(config.TELEGRAM_CHAT_ID, database, { ...ENTROPY, now: clock().toISOString() });
      if (updates) await keepHearing(updates.bot, database, clock);
    },
    stop: async () => broker?.close(),
    retentions: [
      ...historyRetentions(config.DELIVERY_RETENTION_DAYS),
      ...contactRetentions(
        { contacts: config.CONTACT_RETENTION_DAYS, history: config.DELIVERY_RETENTION_DAYS },
        clock,
      ),
    ],
    handlers: webhookHandlers(channels, vault, limits),
    queries: webhookQueries(channels, { vault, proofKey, clock, endpoints }, logger),
    work: (database) => {
      opened = database;
      return [
        deliver({
          database,
          sender: new Sender(channels, logger, endpoints),
          pace: endpoints,
          scheduleSeconds: config.WEBHOOK_RETRY_SECONDS,
          // Half of it for the attempt itself, and half to wait behind slow ones.
          leaseSeconds: Math.ceil(config.WEBHOOK_TIMEOUT_MS / 1000) * 6,
          clock,
        }),
        replay({
          database,
          events: replayedEvents(database),
          keptDays: config.DELIVERY_RETENTION_DAYS,
          clock,
        }),
        notify({
          database,
          couriers: openCouriers(config, { clock }),
          templates,
          vault,
          pace: new Endpoints(),
          scheduleSeconds: config.WEBHOOK_RETRY_SECONDS,
          leaseSeconds: Math.ceil(config.WEBHOOK_TIMEOUT_MS / 1000) * 6,
          clock,
          logger,
        }),
        ...(updates && broker
          ? [
              hearCommands({ database, updates, clock, logger }),
              answerCommand({
                shop: new Shop(new Requester('webhook-publisher', broker)),
                chats: channels.telegram,
                leaseSeconds: Math.ceil(config.WEBHOOK_TIMEOUT_MS / 1000) * 6,
                clock,
                logger,
              }),
            ]
          : []),
      ];
    },
  });
});
