import { Controller, Inject, type OnModuleInit } from '@nestjs/common';
import { ClientProxy, Ctx, EventPattern, Payload, RmqContext } from '@nestjs/microservices';
import { Repository } from 'typeorm';
import { REPOSITORY } from './database.js';
import type { Product } from './entities.js';
import type { ReserveStock, StockReserved } from './messages.js';
import { acknowledge } from './rabbitmq.js';
import { PRODUCT } from './settings.js';

@Controller()
export class ProductsController implements OnModuleInit {
  constructor(
    @Inject(REPOSITORY) private readonly stock: Repository<Product>,
    @Inject('payments') private readonly payments: ClientProxy,
  ) {}

  async onModuleInit(): Promise<void> {
    await this.stock.save({ ...PRODUCT });
  }

  @EventPattern('product.reserveStock')
  async reserve(@Payload() wanted: ReserveStock, @Ctx() context: RmqContext): Promise<void> {
    const product = await this.stock.findOneBy({ id: wanted.productId });
    const ok = product !== null && product.quantity >= wanted.quantity;
    if (ok) {
      product.quantity -= wanted.quantity;
      await this.stock.save(product);
    }
    const reserved: StockReserved = { ...wanted, ok };
    this.payments.emit('product.stockReserved', reserved);
    acknowledge(context);
  }
}
