import { Module } from '@nestjs/common';
import { ClientsModule } from '@nestjs/microservices';
import { Redis } from 'ioredis';
import { repositoryOf } from './database.js';
import { Order, Payment, Product } from './entities.js';
import { GatewayController } from './gateway.controller.js';
import { OrdersController } from './orders.controller.js';
import { PaymentsController } from './payments.controller.js';
import { ProductsController } from './products.controller.js';
import { clientOf } from './rabbitmq.js';
import { REDIS_URL } from './settings.js';

@Module({ imports: [ClientsModule.register([clientOf('orders')])], controllers: [GatewayController] })
export class GatewayModule {}

@Module({
  imports: [ClientsModule.register([clientOf('products')])],
  controllers: [OrdersController],
  providers: [...repositoryOf(Order), { provide: 'REDIS', useFactory: () => new Redis(REDIS_URL) }],
})
export class OrdersModule {}

@Module({
  imports: [ClientsModule.register([clientOf('payments')])],
  controllers: [ProductsController],
  providers: repositoryOf(Product),
})
export class ProductsModule {}

@Module({
  imports: [ClientsModule.register([clientOf('orders')])],
  controllers: [PaymentsController],
  providers: repositoryOf(Payment),
})
export class PaymentsModule {}
