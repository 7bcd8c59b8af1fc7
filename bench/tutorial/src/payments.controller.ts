import { randomUUID } from 'node:crypto';
import { Controller, Inject } from '@nestjs/common';
import { ClientProxy, Ctx, EventPattern, Payload, RmqContext } from '@nestjs/microservices';
import { Repository } from 'typeorm';
import { REPOSITORY } from './database.js';
import type { Payment } from './entities.js';
import type { StockReserved } from './messages.js';
import { acknowledge } from './rabbitmq.js';

@Controller()
export class PaymentsController {
  constructor(
    @Inject(REPOSITORY) private readonly charges: Repository<Payment>,
    @Inject('orders') private readonly orders: ClientProxy,
  ) {}

  @EventPattern('product.stockReserved')
  async charge(@Payload() reserved: StockReserved, @Ctx() context: RmqContext): Promise<void> {
    const { ok, productId, quantity } = reserved;
    if (ok) await this.charges.save({ id: randomUUID(), status: 'PAID', productId, quantity });
    this.orders.emit('payment.completed', reserved);
    acknowledge(context);
  }
}
