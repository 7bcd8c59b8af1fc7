import { runService, startService } from '@comanda/service-kit';
import { OrdersConfig } from './config.js';
import { OrdersModule } from './orders.module.js';

await startService('orders-service', OrdersConfig, (config, logger) =>
  runService(OrdersModule.of(config, logger), { port: config.ORDERS_PORT, host: config.BIND_HOST, logger }),
);
