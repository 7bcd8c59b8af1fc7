import { createLogger, main, readConfig, runService } from '@comanda/service-kit';
import { OrdersConfig } from './config.js';
import { OrdersModule } from './orders.module.js';

await main(async () => {
  const config = readConfig(OrdersConfig, process.env);
  const logger = createLogger('orders-service', config.LOG_LEVEL);
  await runService(OrdersModule.of(config, logger), {
    port: config.ORDERS_PORT,
    host: config.BIND_HOST,
    logger,
  });
});
