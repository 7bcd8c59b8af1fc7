import { GetOrder, GetOrderTimeline } from '@comanda/contracts';
import { type RequestContext, Unavailable } from '@comanda/messaging';
import { Controller, Get, Headers, Inject, Param, Query, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { type Caller, Context, CurrentCaller, viewerOf } from '../auth/caller.js';
import { TakesTickets, Ticket } from '../auth/tickets.js';
import { eventId, updatedAt } from '../description/examples.js';
import { headersNamed } from '../description/headers.js';
import { named } from '../description/named.js';
import { OrderParams } from '../orders/orders.controller.js';
import { VisibleOrders } from '../orders/visible-orders.js';
import { Problem } from '../problems/problem.js';
import { API } from '../routes/api.js';
import { Operation } from '../routes/operation.js';
import { ServiceClient } from '../routes/service-client.js';
import { LAST_EVENT_ID, LastEventId, lastEventIdOf } from './live.controller.js';
import { OpenStreams } from './open-streams.js';
import { hasEnded, OrderSteps } from './order-steps.js';

const StreamQuery = z.strictObject({ ticket: Ticket.optional(), lastEventId: LastEventId.optional() });

const OrderStream = named(
  'OrderStream',
  z.string().describe('Server-sent events (`text/event-stream`)'),
  `id: ${eventId}\nevent: step\ndata: ${JSON.stringify({ at: updatedAt, service: 'orders-service', type: 'order.confirmed', messageId: eventId, detail: { status: 'CONFIRMED' } })}\n\n`,
);

/** The steps of one order, told as they happen. */
@ApiTags('live')
@Controller(`${API}/orders`)
export class OrderStreamController {
  constructor(
    @Inject(OpenStreams) private readonly streams: OpenStreams,
    @Inject(OrderSteps) private readonly steps: OrderSteps,
    @Inject(ServiceClient) private readonly services: ServiceClient,
    @Inject(VisibleOrders) private readonly orders: VisibleOrders,
  ) {}

  @Get(':orderId/stream')
  @TakesTickets()
  @ApiProduces('text/event-stream')
  @ApiHeader(LAST_EVENT_ID)
  @ApiResponse({
    status: 204,
    description: 'The order has ended, and all of it was heard: do not come back',
    headers: headersNamed('X-Correlation-Id', 'RateLimit', 'RateLimit-Policy'),
  })
  @Operation({
    id: 'streamOrder',
    summary: 'The steps of an order, as server-sent events',
    description:
      '`step`: a step of the timeline, those that there are first. `end` {status}: the order is FULFILLED, REJECTED or CANCELLED, and the stream ends. A client that comes back then and has heard all is answered 204.',
    access: 'signed-in',
    scope: 'orders:read',
    result: OrderStream,
    headers: ['X-Accel-Buffering'],
    problems: { 401: ['TICKET_INVALID'], 404: ['UNKNOWN_ORDER'], 429: ['TOO_MANY_STREAMS'] },
  })
  async open(
    @Param({ schema: OrderParams }) { orderId }: OrderParams,
    @Query({ schema: StreamQuery }) { lastEventId }: z.infer<typeof StreamQuery>,
    @Headers('last-event-id') header: string | undefined,
    @CurrentCaller() caller: Caller,
    @Context() context: RequestContext,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const viewer = viewerOf(caller);
    const { items } = await this.orders.read(
      { orderId, caller, context },
      () => this.services.ask(GetOrderTimeline, { orderId, viewer }, context, orderId),
      () => ({ items: [] }),
    );
    const lastId = lastEventIdOf(lastEventId, header);
    if (lastId !== undefined && hasEnded(items) && items.at(-1)?.messageId === lastId) {
      // What tells an `EventSource` not to come back.
      void reply.code(204).send();
      return;
    }
    const stream = await this.streams.open(request, reply);
    const about = { orderId, viewer };
    // The answer has begun: what is asked from now on is not for the moment of the request.
    const { deadline: _, ...lasting } = context;
    this.steps.follow(orderId, lastId, stream, {
      steps: async () =>
        (await answered(() => this.services.ask(GetOrderTimeline, about, lasting, orderId)))?.items,
      status: async () =>
        (await answered(() => this.services.ask(GetOrder, about, lasting, orderId)))?.status,
    });
  }
}

/** An answer; `undefined` while there is none: the service is away, or does not know the order yet. */
async function answered<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof Unavailable || error instanceof Problem) return undefined;
    throw error;
  }
}
