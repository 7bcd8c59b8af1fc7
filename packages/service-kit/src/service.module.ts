import type { ServiceName } from '@comanda/contracts';
import { type HousekeepingSettings, RabbitMqStrategy, type WorkKind } from '@comanda/messaging';
import { type Database, type Migrations, openDatabase, type Retention } from '@comanda/storage';
import {
  type DynamicModule,
  type FactoryProvider,
  Inject,
  Injectable,
  Module,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { databaseCheck } from './database-check.js';
import { type HealthCheck, HealthController } from './health.controller.js';
import { MetricsController } from './metrics.controller.js';
import { connectRedis } from './redis.js';
import { DATABASE, HEALTH_CHECKS, LOGGER, REDIS, WORK } from './tokens.js';

export interface ServiceOptions {
  readonly service: ServiceName;
  readonly logger: Logger;
  readonly rabbitUrl: string;
  readonly redisUrl: string;
  readonly databaseUrl: string;
  readonly migrations: Migrations;
  readonly housekeeping: HousekeepingSettings;
  /** How long the service keeps what it no longer needs, besides its inbox. */
  readonly retentions?: readonly Retention[];
  /** The kinds of due work; made by Nest, because they call the outside. */
  readonly work?: Pick<FactoryProvider<readonly WorkKind[]>, 'inject' | 'useFactory'>;
}

/** Closes what the service opened, after its traffic has stopped. */
@Injectable()
class Closing implements OnApplicationShutdown {
  constructor(
    @Inject(DATABASE) private readonly database: Database,
    @Inject(REDIS) private readonly redis: Redis,
  ) {}

  async onApplicationShutdown(): Promise<void> {
    this.redis.disconnect();
    await this.database.close();
  }
}

/** What every service behind the gateway stands on: database, Redis, the message transport, health and metrics. */
@Module({})
// biome-ignore lint/complexity/noStaticOnlyClass: Nest's form of a module with options
export class ServiceModule {
  static of(options: ServiceOptions): DynamicModule {
    const { service, logger, rabbitUrl, work, housekeeping, retentions = [] } = options;
    return {
      module: ServiceModule,
      global: true,
      imports: [TerminusModule.forRoot({ logger: false })],
      controllers: [HealthController, MetricsController],
      providers: [
        { provide: LOGGER, useValue: logger },
        {
          provide: DATABASE,
          useFactory: () => openDatabase(options.databaseUrl, options.migrations, logger),
        },
        { provide: REDIS, useFactory: () => connectRedis(options.redisUrl, logger) },
        { provide: WORK, useFactory: () => [], ...work },
        {
          provide: RabbitMqStrategy,
          inject: [DATABASE, REDIS, WORK],
          useFactory: (database: Database, redis: Redis, kinds: readonly WorkKind[]) =>
            new RabbitMqStrategy({
              service,
              rabbitUrl,
              database,
              redis,
              work: kinds,
              housekeeping,
              retentions,
              logger,
            }),
        },
        {
          provide: HEALTH_CHECKS,
          inject: [RabbitMqStrategy, REDIS, DATABASE],
          useFactory: (strategy: RabbitMqStrategy, redis: Redis, database: Database): HealthCheck[] => [
            {
              name: 'messaging',
              needed: true,
              unhealthyReason: () =>
                strategy.messaging ? strategy.messaging.unhealthyReason : 'not started',
            },
            databaseCheck(database),
            {
              name: 'redis',
              needed: false,
              unhealthyReason: () => (redis.status === 'ready' ? undefined : redis.status),
            },
          ],
        },
        Closing,
      ],
      exports: [LOGGER, DATABASE, REDIS],
    };
  }
}
