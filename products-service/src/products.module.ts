import { handlers } from '@comanda/messaging';
import { queries, ServiceModule } from '@comanda/service-kit';
import { type DynamicModule, Module } from '@nestjs/common';
import type { Logger } from 'pino';
import type { ProductsConfig } from './config.js';
import { productHandlers } from './handlers/index.js';
import { productQueries } from './queries/index.js';
import { migrations } from './storage/migrations.js';
import { expireReservation } from './work/expire-reservation.js';

@Module({})
// biome-ignore lint/complexity/noStaticOnlyClass: Nest's form of a module with options
export class ProductsModule {
  static of(config: ProductsConfig, logger: Logger): DynamicModule {
    return {
      module: ProductsModule,
      imports: [
        ServiceModule.of({
          service: 'products-service',
          logger,
          config,
          databaseUrl: config.PRODUCTS_DATABASE_URL,
          migrations,
          work: { useFactory: () => [expireReservation] },
        }),
      ],
      controllers: [
        ...handlers(...productHandlers({ reservationTtlSeconds: config.RESERVATION_TTL_SECONDS })),
        ...queries(...productQueries),
      ],
    };
  }
}
