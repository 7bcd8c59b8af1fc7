import {
  AttemptView,
  DeliveryFailed,
  DeliveryStatus,
  DeliveryView,
  GetDelivery,
  Id,
  ListDeliveries,
  ListedDelivery,
  RetryDelivery,
  SENT_EVENTS,
  Timestamp,
  TimestampBefore,
} from '@comanda/contracts';
import type { RequestContext } from '@comanda/messaging';
import { Body, Controller, Get, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Context } from '../auth/caller.js';
import {
  createdAt,
  deliveryId,
  eventId,
  nextCursor,
  orderId,
  subscriptionId,
  updatedAt,
} from '../description/examples.js';
import { named } from '../description/named.js';
import { Nothing } from '../description/nothing.js';
import { API } from '../routes/api.js';
import { NoCache } from '../routes/no-cache.js';
import { Operation } from '../routes/operation.js';
import { pageQuery } from '../routes/page-query.js';
import { ServiceClient } from '../routes/service-client.js';

const DeliveryParams = z.strictObject({ deliveryId: Id });
type DeliveryParams = z.infer<typeof DeliveryParams>;

const DeliveriesQuery = z.strictObject({
  subscriptionId: Id.optional(),
  status: DeliveryStatus.optional(),
  eventType: z.enum(SENT_EVENTS.map(({ type }) => type)).optional(),
  orderId: Id.optional(),
  eventId: Id.optional(),
  replayId: Id.optional().describe('Those that a replay made'),
  since: Timestamp.optional().describe('Made then or later'),
  until: TimestampBefore.optional().describe('Made before'),
  ...pageQuery,
});
const NOT_FOUND = { 404: ['UNKNOWN_DELIVERY'] } as const;

const delivery = {
  deliveryId,
  subscriptionId,
  eventId,
  eventType: 'order.created',
  orderId,
  status: 'DELIVERED',
  createdAt,
} as const;
const attempt = { at: updatedAt, statusCode: 204, durationMs: 84, responseBody: '' };
named('DeliveryStatus', DeliveryStatus, 'DELIVERED');
named('DeliveryAttempt', AttemptView, attempt);
const Delivery = named('Delivery', DeliveryView, delivery);
const listed = {
  ...delivery,
  channel: 'webhook' as const,
  target: 'https://hooks.example.com/comanda',
  attemptCount: 1,
  lastStatusCode: 204,
};
named('ListedDelivery', ListedDelivery, listed);
const DeliveryPage = named('DeliveryPage', ListDeliveries.result, { items: [listed], nextCursor });
export const DeliveryWithAttempts = named('DeliveryWithAttempts', GetDelivery.result, {
  ...delivery,
  attempts: [attempt],
});

/** What was sent to whom, and how it went. */
@ApiTags('webhooks')
@Controller(`${API}/deliveries`)
export class DeliveriesController {
  constructor(@Inject(ServiceClient) private readonly services: ServiceClient) {}

  @Get()
  @Operation({
    id: 'listDeliveries',
    summary: 'The history of deliveries, newest first',
    access: 'staff',
    scope: 'webhooks:manage',
    result: DeliveryPage,
  })
  list(
    @Query({ schema: DeliveriesQuery }) query: z.infer<typeof DeliveriesQuery>,
    @Context() context: RequestContext,
    @NoCache() anew: boolean,
  ) {
    return this.services.ask(ListDeliveries, { ...query, anew }, context, context.tenantId);
  }

  @Get(':deliveryId')
  @Operation({
    id: 'getDelivery',
    summary: 'One delivery with each attempt and what was answered',
    access: 'staff',
    scope: 'webhooks:manage',
    result: DeliveryWithAttempts,
    problems: NOT_FOUND,
  })
  get(@Param({ schema: DeliveryParams }) params: DeliveryParams, @Context() context: RequestContext) {
    return this.services.ask(GetDelivery, params, context, params.deliveryId);
  }

  @Post(':deliveryId/retry')
  @Operation({
    id: 'retryDelivery',
    summary: 'Send it again now, also when it was delivered',
    access: 'staff',
    scope: 'webhooks:manage',
    status: 202,
    outcome: { yes: 'the event itself, which arrives at its target', no: [DeliveryFailed] },
    result: Delivery,
    problems: { ...NOT_FOUND, 409: ['SUBSCRIPTION_DELETED'] },
    idempotent: true,
  })
  retry(
    @Param({ schema: DeliveryParams }) params: DeliveryParams,
    @Body({ schema: Nothing }) _body: z.infer<typeof Nothing>,
    @Context() context: RequestContext,
  ) {
    return this.services.ask(RetryDelivery, params, context, params.deliveryId);
  }
}
