import { Body, Controller, Get, HttpCode, Inject, NotFoundException, Param, Post } from '@nestjs/common';
import { ClientProxy } from '@nestjs/microservices';
import { firstValueFrom } from 'rxjs';
import type { Order } from './entities.js';
import type { OrderRequest } from './messages.js';

@Controller('orders')
export class GatewayController {
  constructor(@Inject('orders') private readonly orders: ClientProxy) {}

  @Post()
  @HttpCode(202)
  create(@Body() request: OrderRequest): Promise<Order> {
    return firstValueFrom(this.orders.send('orders.create', request));
  }

  @Get(':id')
  async find(@Param('id') id: string): Promise<Order> {
    const found = await firstValueFrom(this.orders.send<Order | null>('orders.get', { id }), {
      defaultValue: null,
    });
    if (found === null) throw new NotFoundException();
    return found;
  }
}
