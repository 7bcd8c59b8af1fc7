import { RabbitMqStrategy } from '@comanda/messaging';
import { createLogger, main, rabbitUrlOf, readConfig, runService } from '@comanda/service-kit';
import { ProductsConfig } from './config.js';
import { seedDemoCatalogue } from './demo/demo-catalogue.js';
import { ProductsModule } from './products.module.js';

await main(async () => {
  const config = readConfig(ProductsConfig, process.env);
  const logger = createLogger('products-service', config.LOG_LEVEL);
  const app = await runService(ProductsModule.of(config, logger), {
    port: config.PRODUCTS_PORT,
    host: config.BIND_HOST,
    logger,
  });
  if (!config.COMANDA_DEMO) return;
  await app.get(RabbitMqStrategy).messaging?.ready();
  await seedDemoCatalogue(rabbitUrlOf(config), logger);
});
