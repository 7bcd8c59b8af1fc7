import { handlers } from '@comanda/messaging';
import {
  DATABASE,
  housekeepingOf,
  queries,
  rabbitUrlOf,
  redisUrlOf,
  ServiceModule,
} from '@comanda/service-kit';
import { type Database } from '@comanda/storage';
import { type DynamicModule, Module } from '@nestjs/common';
import type { Logger } from 'pino';
import type { PaymentsConfig } from './config.js';
import { paymentHandlers } from './handlers/index.js';
import { providerOf } from './provider/provider-of.js';
import { listPaymentsByOrder } from './queries/list-payments-by-order.js';
import { migrations } from './storage/migrations.js';
import { ask } from './work/ask.js';
import { charge } from './work/charge.js';
import { refund } from './work/refund.js';

@Module({})
// biome-ignore lint/complexity/noStaticOnlyClass: Nest's form of a module with options
export class PaymentsModule {
  static of(config: PaymentsConfig, logger: Logger): DynamicModule {
    const provider = providerOf(config, logger);
    return {
      module: PaymentsModule,
      imports: [
        ServiceModule.of({
          service: 'payments-service',
          logger,
          rabbitUrl: rabbitUrlOf(config),
          redisUrl: redisUrlOf(config),
          databaseUrl: config.PAYMENTS_DATABASE_URL,
          migrations,
          housekeeping: housekeepingOf(config),
          work: {
            inject: [DATABASE],
            useFactory: (database: Database) => [
              charge(provider, database),
              ask(provider, database),
              refund(provider, database),
            ],
          },
        }),
      ],
      controllers: [
        ...handlers(...paymentHandlers({ provider: provider.name })),
        ...queries(listPaymentsByOrder),
      ],
    };
  }
}
