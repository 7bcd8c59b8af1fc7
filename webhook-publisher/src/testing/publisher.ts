import {
  type CommandType,
  type DataOf,
  type EventType,
  newId,
  type QueryType,
  type ResultOf,
} from '@comanda/contracts';
import { OpeningKey } from '@comanda/kit';
import { Messaging } from '@comanda/messaging';
import type { Database } from '@comanda/storage';
import {
  anEnvelope,
  aQuery,
  Folder,
  freshVhost,
  openTestDatabase,
  RawBroker,
  RecordingLogger,
} from '@comanda/test-kit';
import type { ChannelDependencies } from '../channels/channel.js';
import type { Couriers } from '../channels/courier.js';
import { openCouriers } from '../channels/couriers.js';
import { DEFAULT_ENDPOINTS, Endpoints, type EndpointsOptions } from '../channels/endpoints.js';
import { EVERYWHERE, LOOPBACK } from '../channels/http/address-rules.js';
import { SafeHttpClient } from '../channels/http/safe-http-client.js';
import { type Channels, openChannels } from '../channels/index.js';
import { Sender } from '../channels/sender.js';
import { TelegramUpdates } from '../channels/telegram/telegram-updates.js';
import { webhookHandlers } from '../handlers/index.js';
import { webhookQueries } from '../queries/index.js';
import { destinationsIn } from '../storage/destinations.js';
import { migrations } from '../storage/migrations.js';
import { proofKeyOf } from '../storage/proof-keys.js';
import { SecretVault } from '../storage/secret-vault.js';
import { type Subscription, subscriptions } from '../storage/tables.js';
import { Templates } from '../templates/template-files.js';
import { answerCommand } from '../work/answer-command.js';
import { deliver } from '../work/deliver.js';
import { hearCommands, keepHearing } from '../work/hear-commands.js';
import { notify } from '../work/notify.js';
import { replay } from '../work/replay.js';
import { replayedEvents } from '../work/replayed-events.js';
import type { Shop } from '../work/shop.js';

/** What differs from what an operator would set. */
export interface PublisherSettings {
  readonly timeoutMs: number;
  readonly retrySeconds: readonly number[];
  readonly endpoints: Partial<EndpointsOptions>;
  readonly telegramApiRoot: string;
  readonly network: ChannelDependencies['network'];
  /** Those of the channels that are set up, unless others stand in. */
  readonly couriers?: Couriers;
  readonly twilio?: Readonly<Record<string, string>>;
  /** Left out, the bot is not polled. */
  readonly commands?: { readonly shop: Pick<Shop, 'order' | 'stock'>; readonly pollSeconds: number };
}

/** Where it runs: several instances may run in the same place. */
interface Place {
  readonly folder: Folder;
  readonly rabbitUrl: string;
}

const TOKEN = '123:token';
const KEY = { id: 'one', key: 'a key of the vault in these tests' };

/** All of webhook-publisher but its HTTP port: handlers, work, channels and tables, on the servers of the tests. */
export class Publisher {
  private constructor(
    readonly database: Database,
    readonly endpoints: Endpoints,
    readonly vault: SecretVault,
    private readonly channels: Channels,
    private readonly messaging: Messaging,
    private readonly broker: RawBroker,
    private readonly settings: PublisherSettings,
    private readonly place: Place,
    readonly log: RecordingLogger,
  ) {}

  static async start(settings: PublisherSettings): Promise<Publisher> {
    const folder = new Folder();
    const { url: rabbitUrl } = await freshVhost();
    return Publisher.#startAt({ folder, rabbitUrl }, settings);
  }

  /** Another instance beside this one, or after it. */
  another(): Promise<Publisher> {
    return Publisher.#startAt(this.place, this.settings);
  }

  static async #startAt(place: Place, settings: PublisherSettings): Promise<Publisher> {
    const database = await openTestDatabase(place.folder.file('webhooks.db'), migrations);
    const logger = new RecordingLogger();
    const clock = () => new Date();
    const vault = new SecretVault(KEY);
    const channelSettings = {
      COMANDA_DEMO: false,
      WEBHOOK_TIMEOUT_MS: settings.timeoutMs,
      WEBHOOK_ALLOWED_CIDRS: LOOPBACK,
      TELEGRAM_BOT_TOKEN: TOKEN,
      TELEGRAM_API_ROOT: settings.telegramApiRoot,
      TELEGRAM_COMMANDS: false,
      SLACK_WEBHOOK_ROOT: 'http://127.0.0.1:1',
      TWILIO_API_BASE: 'http://127.0.0.1:1',
      ...settings.twilio,
    };
    const channels = openChannels(channelSettings, {
      ...{ vault, clock },
      ...(settings.network && { network: settings.network }),
    });
    const endpoints = new Endpoints(
      { ...DEFAULT_ENDPOINTS, ...settings.endpoints },
      destinationsIn(database),
    );
    const updates =
      settings.commands &&
      new TelegramUpdates({
        http: new SafeHttpClient({ rules: EVERYWHERE, connectTimeoutMs: settings.timeoutMs }),
        ...{ token: TOKEN, apiRoot: settings.telegramApiRoot, timeoutMs: settings.timeoutMs },
        pollSeconds: settings.commands.pollSeconds,
      });
    if (updates) await keepHearing(updates.bot, database, clock);
    const messaging = new Messaging({
      service: 'webhook-publisher',
      rabbitUrl: place.rabbitUrl,
      database,
      redis: undefined,
      handlers: webhookHandlers(channels, vault, { maxSubscriptions: 1_000 }),
      queries: [],
      work: [
        deliver({
          database,
          sender: new Sender(channels, logger, endpoints),
          pace: endpoints,
          scheduleSeconds: settings.retrySeconds,
          leaseSeconds: 60,
          clock,
        }),
        replay({ database, events: replayedEvents(database), keptDays: 90, clock }),
        notify({
          database,
          couriers: settings.couriers ?? openCouriers(channelSettings, { clock }),
          templates: Templates.read(undefined),
          vault,
          pace: new Endpoints(),
          scheduleSeconds: settings.retrySeconds,
          leaseSeconds: 60,
          clock,
          logger,
        }),
        ...(updates && settings.commands
          ? [
              hearCommands({ database, updates, clock, logger }),
              answerCommand({
                shop: settings.commands.shop,
                chats: channels.telegram,
                leaseSeconds: 60,
                clock,
                logger,
              }),
            ]
          : []),
      ],
      logger,
    });
    await messaging.ready();
    const broker = await RawBroker.open(place.rabbitUrl);
    return new Publisher(database, endpoints, vault, channels, messaging, broker, settings, place, logger);
  }

  /** Subscriptions that lie there as if they had been made before. */
  async subscribe(
    wanted: readonly (Pick<
      Subscription,
      'subscriptionId' | 'channel' | 'target' | 'eventTypes' | 'failingSince'
    > &
      Partial<Pick<Subscription, 'rateLimitPerSecond' | 'tenantId' | 'locale' | 'enabled'>>)[],
  ): Promise<void> {
    const answerKey = new OpeningKey(Buffer.alloc(32, 9)).publicKey;
    const rows = wanted.map((one) => {
      const { tenantId = 'default', subscriptionId } = one;
      const row = { tenantId, subscriptionId };
      const secrets = this.channels[one.channel].newSecrets?.(
        { row, signature: 'v1', brought: undefined, headers: undefined, answerKey },
        { newSecret: () => Buffer.alloc(32, 1) },
      );
      if (secrets?.kind === 'refused') throw new Error(secrets.reason);
      return subscriptions.encode({
        rateLimitPerSecond: null,
        headerNames: null,
        mutedUntil: null,
        description: null,
        enabled: true,
        disabledReason: null,
        deleted: false,
        secrets: secrets?.stored ?? null,
        publicKey: null,
        locale: secrets ? null : 'en',
        sequence: 0,
        createdAt: new Date().toISOString(),
        liveTenantId: tenantId,
        ...row,
        ...one,
      });
    });
    const tenants = wanted.map(({ tenantId = 'default' }) => tenantId);
    await this.database.transaction((transaction) => transaction.saveRows(subscriptions, rows), tenants);
  }

  /** A command, as the gateway sends it. */
  async send<C extends CommandType>(command: C, subject: string, data: DataOf<C>): Promise<string> {
    const id = newId();
    const message = anEnvelope(command, { id, subject, data });
    await this.broker.send('webhooks_queue', Buffer.from(JSON.stringify(message)), { messageId: id });
    return id;
  }

  /** The answer to a question, from what is committed. */
  async ask<Q extends QueryType>(query: Q, data: DataOf<Q>): Promise<ResultOf<Q>> {
    const { vault, endpoints } = this;
    const dependencies = { vault, proofKey: proofKeyOf([KEY]), clock: () => new Date(), endpoints };
    const answer = webhookQueries(this.channels, dependencies, new RecordingLogger()).find(
      (one) => one.query.type === query.type,
    );
    const reply = await answer?.answer(this.database, aQuery(Object(data)));
    if (!reply?.ok) throw new Error(JSON.stringify(reply));
    return query.result.parse(reply.result) as ResultOf<Q>;
  }

  /** One event, as its service publishes it, with this data besides that of its example. */
  async publish(event: EventType, more: object = {}, id = newId()): Promise<string> {
    const message = anEnvelope(event, {
      id,
      subject: newId(),
      source: event.publisher,
      sequence: 1,
      data: { ...Object(event.example), ...more },
    });
    await this.broker.publish([{ id, type: event.type, body: Buffer.from(JSON.stringify(message)) }]);
    return id;
  }

  /** Stops this instance; another one may go on in its place. */
  async leave(): Promise<void> {
    await this.messaging.stop();
    await this.broker.close();
    await this.database.close();
  }

  async stop(): Promise<void> {
    await this.leave();
    this.place.folder.remove();
  }
}
