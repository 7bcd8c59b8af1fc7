import { Broker, type Database } from '@comanda/messaging';
import { DATABASE, LOGGER } from '@comanda/service-kit';
import {
  Inject,
  Injectable,
  type OnApplicationShutdown,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import type { Logger } from 'pino';
import { Accounts } from './auth/accounts.js';
import { seedDemoAccounts } from './auth/demo-accounts.js';
import { DeadLettersBroker } from './dead-letters/dead-letters-broker.js';
import type { Settings } from './settings.js';
import { IdempotencyKeys } from './storage/idempotency-keys.js';
import { SETTINGS } from './tokens.js';

const SWEEP_EVERY_MS = 10 * 60_000;

/** What the gateway does once when it starts, now and then while it runs, and last when it stops. */
@Injectable()
export class Lifecycle implements OnModuleInit, OnModuleDestroy, OnApplicationShutdown {
  #sweeping: NodeJS.Timeout | undefined;

  constructor(
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(DATABASE) private readonly database: Database,
    @Inject(Broker) private readonly broker: Broker,
    @Inject(DeadLettersBroker) private readonly deadLettersBroker: DeadLettersBroker,
    @Inject(Accounts) private readonly accounts: Accounts,
    @Inject(IdempotencyKeys) private readonly keys: IdempotencyKeys,
  ) {}

  async onModuleInit(): Promise<void> {
    if (this.settings.COMANDA_DEMO) await seedDemoAccounts(this.accounts);
    this.#sweeping = setInterval(() => void this.#sweep(), SWEEP_EVERY_MS).unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.#sweeping);
  }

  /** After the last request was answered. */
  async onApplicationShutdown(): Promise<void> {
    await Promise.all([this.broker.close(), this.deadLettersBroker.close()]);
    await this.database.close();
  }

  async #sweep(): Promise<void> {
    try {
      while (await this.keys.sweep());
    } catch (error) {
      this.logger.warn(
        { error: String(error) },
        'old idempotency keys could not be removed, trying again later',
      );
    }
  }
}
