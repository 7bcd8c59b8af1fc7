import { GetSubscriptionStats, Id, LastAnswer, SubscriptionHealth } from '@comanda/contracts';
import type { RequestContext } from '@comanda/messaging';
import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Context } from '../auth/caller.js';
import { createdAt, deliveryId, subscriptionId, updatedAt } from '../description/examples.js';
import { named } from '../description/named.js';
import { API } from '../routes/api.js';
import { Operation } from '../routes/operation.js';
import { ServiceClient } from '../routes/service-client.js';

const SubscriptionParams = z.strictObject({ subscriptionId: Id });
type SubscriptionParams = z.infer<typeof SubscriptionParams>;
const { subscriptionId: _id, ...range } = GetSubscriptionStats.data.shape;
const StatsQuery = z.strictObject(range);

const counts = { delivered: 310, failed: 1, dropped: 0, attempts: 318, p50Ms: 86, p99Ms: 1_420 };
const answer = { deliveryId, at: updatedAt, statusCode: 204, durationMs: 84 };
named('LastAnswer', LastAnswer, answer);
named('SubscriptionHealth', SubscriptionHealth, {
  ...{ state: 'HEALTHY', circuit: 'CLOSED', pending: 0, delivered24h: 310, failed24h: 1 },
  ...{ lastDeliveredAt: updatedAt, lastError: 'answered 503' },
});
const SubscriptionStats = named('SubscriptionStats', GetSubscriptionStats.result, {
  ...{ subscriptionId, since: createdAt, until: '2026-01-31T13:00:00.000Z', overall: counts },
  ...{ hours: [{ hour: createdAt, ...counts }], lastAnswers: [answer] },
});

/** How the deliveries of a subscription went. */
@ApiTags('webhooks')
@Controller(`${API}/subscriptions/:subscriptionId/stats`)
export class SubscriptionStatsController {
  constructor(@Inject(ServiceClient) private readonly services: ServiceClient) {}

  @Get()
  @Operation({
    id: 'getSubscriptionStats',
    summary: 'How its deliveries went, by hour',
    description: 'Whole hours in UTC, of the last 24 unless asked otherwise, of 31 days at most.',
    access: 'staff',
    scope: 'webhooks:manage',
    result: SubscriptionStats,
    problems: { 400: ['BAD_RANGE'], 404: ['UNKNOWN_SUBSCRIPTION'] },
  })
  get(
    @Param({ schema: SubscriptionParams }) { subscriptionId }: SubscriptionParams,
    @Query({ schema: StatsQuery }) query: z.infer<typeof StatsQuery>,
    @Context() context: RequestContext,
  ) {
    return this.services.ask(GetSubscriptionStats, { ...query, subscriptionId }, context, subscriptionId);
  }
}
