import { RabbitMqStrategy } from '@comanda/messaging';
import { rabbitUrlOf, runService, startService } from '@comanda/service-kit';
import { ProductsConfig } from './config.js';
import { seedDemoCatalogue } from './demo/demo-catalogue.js';
import { productHandlers } from './handlers/index.js';
import { productQueries } from './queries/index.js';
import { migrations } from './storage/migrations.js';
import { expireReservation } from './work/expire-reservation.js';

await startService('products-service', ProductsConfig, async (config, logger) => {
  const app = await runService({
    service: 'products-service',
    logger,
    config,
    port: config.PRODUCTS_PORT,
    databaseUrl: config.PRODUCTS_DATABASE_URL,
    readsUrl: config.PRODUCTS_READS_URL,
    migrations,
    handlers: productHandlers({ reservationTtlSeconds: config.RESERVATION_TTL_SECONDS }),
    queries: productQueries,
    work: () => [expireReservation],
  });
  if (!config.COMANDA_DEMO) return;
  await app.get(RabbitMqStrategy).messaging?.ready();
  await seedDemoCatalogue(rabbitUrlOf(config), logger);
});
