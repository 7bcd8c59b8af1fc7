import { runService, startService } from '@comanda/service-kit';
import { OrdersConfig } from './config.js';
import { orderHandlers } from './handlers/index.js';
import { orderQueries } from './queries/index.js';
import { migrations } from './storage/migrations.js';
import { timelineRetention } from './storage/timeline-retention.js';

await startService('orders-service', OrdersConfig, (config, logger) =>
  runService({
    service: 'orders-service',
    logger,
    config,
    port: config.ORDERS_PORT,
    databaseUrl: config.ORDERS_DATABASE_URL,
    readsUrl: config.ORDERS_READS_URL,
    migrations,
    retentions: [timelineRetention(config.TIMELINE_RETENTION_DAYS)],
    handlers: orderHandlers,
    queries: orderQueries,
  }),
);
