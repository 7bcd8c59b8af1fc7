import { type Database, handlers } from '@comanda/messaging';
import { DATABASE, housekeepingOf, ServiceModule } from '@comanda/service-kit';
import { type DynamicModule, Module } from '@nestjs/common';
import type { Logger } from 'pino';
import type { PaymentsConfig } from './config.js';
import { paymentHandlers } from './handlers/index.js';
import { GuardedProvider } from './provider/guarded-provider.js';
import { SimulatedProvider } from './provider/simulated-provider.js';
import { PaymentQueries } from './queries/payment-queries.js';
import { migrations } from './storage/migrations.js';
import { charge } from './work/charge.js';
import { refund } from './work/refund.js';

/** Less than half of the lease under which a charge runs: whoever takes over finds the question answered. */
const PROVIDER_TIMEOUT_MS = 6_000;

@Module({})
// biome-ignore lint/complexity/noStaticOnlyClass: Nest's form of a module with options
export class PaymentsModule {
  static of(config: PaymentsConfig, logger: Logger): DynamicModule {
    const provider = new GuardedProvider(
      new SimulatedProvider(config.PAYMENT_SIM_LATENCY_MS),
      PROVIDER_TIMEOUT_MS,
    );
    return {
      module: PaymentsModule,
      imports: [
        ServiceModule.of({
          service: 'payments-service',
          logger,
          rabbitUrl: config.RABBITMQ_URL,
          redisUrl: config.REDIS_URL,
          databaseUrl: config.PAYMENTS_DATABASE_URL,
          migrations,
          housekeeping: housekeepingOf(config),
          work: {
            inject: [DATABASE],
            useFactory: (database: Database) => [charge(provider), refund(provider, database)],
          },
        }),
      ],
      controllers: [...handlers(...paymentHandlers({ provider: provider.name })), PaymentQueries],
    };
  }
}
