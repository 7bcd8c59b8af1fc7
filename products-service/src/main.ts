import { RabbitMqStrategy } from '@comanda/messaging';
import { rabbitUrlOf, runService, startService } from '@comanda/service-kit';
import { ProductsConfig } from './config.js';
import { seedDemoCatalogue } from './demo/demo-catalogue.js';
import { ProductsModule } from './products.module.js';

await startService('products-service', ProductsConfig, async (config, logger) => {
  const module = ProductsModule.of(config, logger);
  const app = await runService(module, { port: config.PRODUCTS_PORT, host: config.BIND_HOST, logger });
  if (!config.COMANDA_DEMO) return;
  await app.get(RabbitMqStrategy).messaging?.ready();
  await seedDemoCatalogue(rabbitUrlOf(config), logger);
});
