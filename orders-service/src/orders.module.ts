import { handlers } from '@comanda/messaging';
import { queries, ServiceModule } from '@comanda/service-kit';
import { type DynamicModule, Module } from '@nestjs/common';
import type { Logger } from 'pino';
import type { OrdersConfig } from './config.js';
import { orderHandlers } from './handlers/index.js';
import { orderQueries } from './queries/index.js';
import { migrations } from './storage/migrations.js';
import { timelineRetention } from './storage/timeline-retention.js';

@Module({})
// biome-ignore lint/complexity/noStaticOnlyClass: Nest's form of a module with options
export class OrdersModule {
  static of(config: OrdersConfig, logger: Logger): DynamicModule {
    return {
      module: OrdersModule,
      imports: [
        ServiceModule.of({
          service: 'orders-service',
          logger,
          config,
          databaseUrl: config.ORDERS_DATABASE_URL,
          migrations,
          retentions: [timelineRetention(config.TIMELINE_RETENTION_DAYS)],
        }),
      ],
      controllers: [...handlers(...orderHandlers), ...queries(...orderQueries)],
    };
  }
}
