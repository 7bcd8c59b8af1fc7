import type { ServiceName } from '@comanda/contracts';
import {
  type Handler,
  handlers,
  incarnationOf,
  RabbitMqStrategy,
  RETRY_SECONDS,
  type WorkKind,
} from '@comanda/messaging';
import {
  assertInboxOutlives,
  DeadLetterTraffic,
  deadLetterRetention,
  Housekeeper,
  inboxRetention,
  OPERATIONS_MIGRATIONS,
} from '@comanda/operations';
import {
  type Database,
  keptMessagesRetention,
  type Migrations,
  openDatabase,
  type Retention,
  Standby,
} from '@comanda/storage';
import {
  type DynamicModule,
  Inject,
  Injectable,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleDestroy,
} from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { housekeepingOf, rabbitUrlOf, readsUrlOf, redisOf, type ServiceConfig } from './config.js';
import { databaseCheck } from './database-check.js';
import { deadLetterControllers } from './dead-letter-controllers.js';
import type { HealthCheck } from './health-check.js';
import { Lists } from './lists.js';
import { OPERATOR_CONTROLLERS } from './operator-server.js';
import { type ListAnswer, type QueryAnswer, queries } from './queries.js';
import { connectRedis } from './redis.js';
import { DATABASE, HEALTH_CHECKS, LISTS, LOGGER, REDIS } from './tokens.js';

export interface ServiceOptions {
  readonly service: ServiceName;
  readonly logger: Logger;
  readonly config: ServiceConfig;
  readonly databaseUrl: string;
  /** A standby of it, for lists. */
  readonly readsUrl?: string | undefined;
  readonly migrations: Migrations;
  /** Writes what must be there before the service does anything; it is run at each start. */
  readonly prepare?: (database: Database) => Promise<void>;
  /** How long the service keeps what it no longer needs, besides its inbox. */
  readonly retentions?: readonly Retention[];
  /** Of what this service needs besides broker, database and Redis. */
  readonly healthChecks?: readonly HealthCheck[];
  /** Everything that it reacts to; its queue is bound to exactly these. */
  readonly handlers: readonly Handler[];
  /** What it answers, from the rows that are committed. */
  readonly queries?: readonly (QueryAnswer | ListAnswer)[];
  /** The kinds of due work. */
  readonly work?: (database: Database) => readonly WorkKind[];
}

/** Removes old rows while the service runs, and closes what the service opened after its traffic has stopped. */
@Injectable()
class ServiceLifecycle implements OnApplicationBootstrap, OnModuleDestroy, OnApplicationShutdown {
  constructor(
    @Inject(Housekeeper) private readonly housekeeper: Housekeeper,
    @Inject(DeadLetterTraffic) private readonly deadLetters: DeadLetterTraffic,
    @Inject(DATABASE) private readonly database: Database,
    @Inject(LISTS) private readonly lists: Lists,
    @Inject(REDIS) private readonly redis: Redis,
  ) {}

  onApplicationBootstrap(): void {
    this.housekeeper.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.housekeeper.stop();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.deadLetters.stop();
    this.redis.disconnect();
    await this.lists.close();
    await this.database.close();
  }
}

@Module({})
class ServiceModule {}

/** A service behind the gateway: what it does, on database, Redis and the message transport, with health and metrics. */
export function serviceModule(options: ServiceOptions): DynamicModule {
  const { service, logger, config, retentions = [], healthChecks = [] } = options;
  const rabbitUrl = rabbitUrlOf(config);
  const readsUrl = readsUrlOf(options);
  const housekeeping = housekeepingOf(config);
  assertInboxOutlives({ ...housekeeping, retrySeconds: RETRY_SECONDS });
  return {
    module: ServiceModule,
    imports: [TerminusModule.forRoot({ logger: false })],
    controllers: [
      ...OPERATOR_CONTROLLERS,
      ...deadLetterControllers(service, housekeeping.deadLetterReplayDays),
      ...handlers(...options.handlers),
      ...queries(...(options.queries ?? [])),
    ],
    providers: [
      { provide: LOGGER, useValue: logger },
      {
        provide: DATABASE,
        useFactory: async () => {
          const all = [...OPERATIONS_MIGRATIONS, ...options.migrations];
          const database = await openDatabase(options.databaseUrl, all, logger, {
            keepConfirmed: config.OUTBOX_KEPT_SECONDS > 0,
          });
          await options.prepare?.(database);
          return database;
        },
      },
      {
        provide: LISTS,
        inject: [DATABASE],
        useFactory: (database: Database) =>
          new Lists(
            database,
            readsUrl === undefined ? undefined : new Standby(readsUrl, { primary: database, logger }),
          ),
      },
      {
        provide: REDIS,
        // After the database: opening it keeps the process busy for longer than Redis has to answer.
        inject: [DATABASE],
        useFactory: () => connectRedis(redisOf(config), logger),
      },
      {
        provide: RabbitMqStrategy,
        inject: [DATABASE, REDIS, DeadLetterTraffic],
        useFactory: async (database: Database, client: Redis, deadLetters: DeadLetterTraffic) =>
          new RabbitMqStrategy({
            service,
            rabbitUrl,
            database,
            redis: {
              client,
              incarnation: await incarnationOf({ service, database, redis: client, logger }),
            },
            work: [...(options.work?.(database) ?? []), deadLetters.work],
            logger,
          }),
      },
      {
        provide: DeadLetterTraffic,
        inject: [DATABASE],
        useFactory: (database: Database) => new DeadLetterTraffic({ service, rabbitUrl, database, logger }),
      },
      {
        provide: Housekeeper,
        inject: [DATABASE],
        useFactory: (database: Database) =>
          new Housekeeper({
            database,
            retentions: [
              inboxRetention(housekeeping.inboxRetentionDays),
              keptMessagesRetention(config.OUTBOX_KEPT_SECONDS),
              deadLetterRetention,
              ...retentions,
            ],
            everySeconds: housekeeping.everySeconds,
            clock: () => new Date(),
            logger,
          }),
      },
      {
        provide: HEALTH_CHECKS,
        inject: [RabbitMqStrategy, REDIS, DATABASE, LISTS, DeadLetterTraffic],
        useFactory: (
          strategy: RabbitMqStrategy,
          redis: Redis,
          database: Database,
          lists: Lists,
          deadLetters: DeadLetterTraffic,
        ): HealthCheck[] => [
          {
            name: 'messaging',
            needed: true,
            unhealthyReason: () => (strategy.messaging ? strategy.messaging.unhealthyReason : 'not started'),
          },
          databaseCheck(database),
          ...lists.healthChecks,
          { name: 'dead-letters', needed: false, unhealthyReason: () => deadLetters.unhealthyReason },
          {
            name: 'redis',
            needed: false,
            unhealthyReason: () => (redis.status === 'ready' ? undefined : redis.status),
          },
          ...healthChecks,
        ],
      },
      ServiceLifecycle,
    ],
  };
}
