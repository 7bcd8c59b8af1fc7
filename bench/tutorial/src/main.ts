/**
 * The order flow as NestJS's own documentation wires it: the peer that Comanda is compared with. One process per
 * role, `node main.js gateway|orders|products|payments`. No outbox, no inbox, no confirms, no authentication.
 */
import 'reflect-metadata';
import type { AddressInfo } from 'node:net';
import { NestFactory } from '@nestjs/core';
import type { RmqOptions } from '@nestjs/microservices';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { GatewayModule, OrdersModule, PaymentsModule, ProductsModule } from './modules.js';
import { listenerOf } from './rabbitmq.js';

const SERVICES = { orders: OrdersModule, products: ProductsModule, payments: PaymentsModule };
const QUIET = { logger: ['error' as const] };

const role = process.argv[2];
if (role === 'gateway') {
  const app = await NestFactory.create<NestExpressApplication>(GatewayModule, QUIET);
  const server = await app.listen(0, '127.0.0.1');
  process.send?.({ port: (server.address() as AddressInfo).port });
} else if (role === 'orders' || role === 'products' || role === 'payments') {
  const app = await NestFactory.createMicroservice<RmqOptions>(SERVICES[role], {
    ...listenerOf(role),
    ...QUIET,
  });
  await app.listen();
  process.send?.({});
} else {
  throw new Error(`No such role: ${role}`);
}
// The driver is gone, however it went.
process.once('disconnect', () => process.exit());
