import { Broker, Outbox } from '@comanda/messaging';
import { Housekeeper } from '@comanda/operations';
import { DATABASE, LOGGER, REDIS } from '@comanda/service-kit';
import { type Database, keptMessagesRetention } from '@comanda/storage';
import {
  Inject,
  Injectable,
  type OnApplicationShutdown,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { Accounts } from './accounts/accounts.js';
import { removeDemoAccounts, seedDemoAccounts } from './accounts/demo-accounts.js';
import { invitationRetention } from './accounts/invitations.js';
import { sessionRetention } from './accounts/sessions.js';
import type { GatewayConfig } from './config.js';
import { CONFIG } from './injection-tokens.js';
import { idempotencyRetentions } from './storage/idempotency-keys.js';
import { KeptCommands } from './storage/kept-commands.js';

/** What the gateway does once when it starts, now and then while it runs, and last when it stops. */
@Injectable()
export class Lifecycle implements OnModuleInit, OnModuleDestroy, OnApplicationShutdown {
  readonly #housekeeper: Housekeeper;

  constructor(
    @Inject(CONFIG) private readonly config: GatewayConfig,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(DATABASE) private readonly database: Database,
    @Inject(Broker) private readonly broker: Broker,
    @Inject(Accounts) private readonly accounts: Accounts,
    @Inject(REDIS) private readonly redis: Redis,
    @Inject(Outbox) private readonly outbox: Outbox,
    @Inject(KeptCommands) private readonly kept: KeptCommands,
  ) {
    this.#housekeeper = new Housekeeper({
      database,
      retentions: [
        ...idempotencyRetentions(config.IDEMPOTENCY_KEY_RETENTION_DAYS),
        invitationRetention,
        sessionRetention,
        keptMessagesRetention(config.OUTBOX_KEPT_SECONDS),
      ],
      everySeconds: config.HOUSEKEEPING_EVERY_SECONDS,
      clock: () => new Date(),
      logger,
    });
  }

  async onModuleInit(): Promise<void> {
    if (this.config.COMANDA_DEMO) await seedDemoAccounts(this.accounts);
    else await removeDemoAccounts(this.accounts, this.logger);
    this.#housekeeper.start();
    // Filled by a restore alone.
    this.outbox.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.#housekeeper.stop();
  }

  /** After the last request was answered. */
  async onApplicationShutdown(): Promise<void> {
    await this.outbox.stop();
    await this.kept.flush();
    await this.broker.close();
    this.redis.disconnect();
    await this.database.close();
  }
}
