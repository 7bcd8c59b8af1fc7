import { randomUUID } from 'node:crypto';
import { Controller, Inject } from '@nestjs/common';
import { ClientProxy, Ctx, EventPattern, MessagePattern, Payload, RmqContext } from '@nestjs/microservices';
import { Redis } from 'ioredis';
import { Repository } from 'typeorm';
import { REPOSITORY } from './database.js';
import type { Order } from './entities.js';
import type { OrderRequest, ReserveStock, StockReserved } from './messages.js';
import { acknowledge } from './rabbitmq.js';

const LOCK_SECONDS = 10;
const REMEMBERED_SECONDS = 86_400;

@Controller()
export class OrdersController {
  constructor(
    @Inject(REPOSITORY) private readonly orders: Repository<Order>,
    @Inject('products') private readonly products: ClientProxy,
    @Inject('REDIS') private readonly redis: Redis,
  ) {}

  @MessagePattern('orders.create')
  async create(@Payload() request: OrderRequest, @Ctx() context: RmqContext): Promise<Order> {
    const { productId, quantity } = request;
    const order = await this.orders.save({ id: randomUUID(), status: 'PENDING', productId, quantity });
    const reserve: ReserveStock = { orderId: order.id, productId, quantity, idempotencyKey: order.id };
    this.products.emit('product.reserveStock', reserve);
    acknowledge(context);
    return order;
  }

  @MessagePattern('orders.get')
  async get(@Payload() { id }: { id: string }, @Ctx() context: RmqContext): Promise<Order | null> {
    const order = await this.orders.findOneBy({ id });
    acknowledge(context);
    return order;
  }

  @EventPattern('payment.completed')
  async confirm(@Payload() payment: StockReserved, @Ctx() context: RmqContext): Promise<void> {
    const processed = `processed:${payment.idempotencyKey}`;
    const lock = `lock:${payment.idempotencyKey}`;
    if (
      (await this.redis.get(processed)) === null &&
      (await this.redis.set(lock, '1', 'EX', LOCK_SECONDS, 'NX')) === 'OK'
    ) {
      await this.#settle(payment);
      await this.redis.set(processed, '1', 'EX', REMEMBERED_SECONDS);
      await this.redis.del(lock);
    }
    acknowledge(context);
  }

  async #settle({ orderId, ok }: StockReserved): Promise<void> {
    const order = await this.orders.findOneBy({ id: orderId });
    if (order === null) return;
    order.status = ok ? 'CONFIRMED' : 'REJECTED';
    await this.orders.save(order);
  }
}
