import {
  CancelReplay,
  DeliveryFailed,
  GetReplay,
  Id,
  ListReplays,
  ReplayStatus,
  ReplayView,
  StartReplay,
} from '@comanda/contracts';
import type { RequestContext } from '@comanda/messaging';
import { Body, Controller, Get, Inject, Param, Post, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { Context } from '../auth/caller.js';
import { createdAt, nextCursor, replayId, subscriptionId, updatedAt } from '../description/examples.js';
import { named } from '../description/named.js';
import { Nothing } from '../description/nothing.js';
import { API } from '../routes/api.js';
import { IdempotentId } from '../routes/idempotent-id.js';
import { Operation } from '../routes/operation.js';
import { pageQuery } from '../routes/page-query.js';
import { ServiceClient } from '../routes/service-client.js';

const SubscriptionParams = z.strictObject({ subscriptionId: Id });
type SubscriptionParams = z.infer<typeof SubscriptionParams>;
const ReplayParams = z.strictObject({ subscriptionId: Id, replayId: Id });
type ReplayParams = z.infer<typeof ReplayParams>;
const ReplaysQuery = z.strictObject(pageQuery);

const { replayId: _id, subscriptionId: _of, ...wanted } = StartReplay.data.shape;
const range = { since: '2026-01-30T00:00:00.000Z', until: '2026-01-31T00:00:00.000Z' };
const NewReplay = named('NewEventReplay', z.strictObject(wanted), { ...range, onlyFailed: true });
const running = {
  ...{ replayId, subscriptionId, status: 'RUNNING' as const, ...range, onlyFailed: true },
  ...{ scheduled: 17, skipped: 340, reachedAt: '2026-01-30T14:05:01.250Z', createdAt },
};
named('EventReplayStatus', ReplayStatus, 'RUNNING');
const Replay = named('EventReplay', ReplayView, running);
const ReplayPage = named('EventReplayPage', ListReplays.result, {
  items: [{ ...running, status: 'DONE', scheduled: 40, reachedAt: range.until, endedAt: updatedAt }],
  nextCursor,
});
const NOT_FOUND = { 404: ['UNKNOWN_REPLAY'] } as const;

/** Stored events that are sent to a subscription once more. */
@ApiTags('webhooks')
@Controller(`${API}/subscriptions/:subscriptionId`)
export class ReplaysController {
  constructor(@Inject(ServiceClient) private readonly services: ServiceClient) {}

  @Post('replay')
  @Operation({
    id: 'replayEvents',
    summary: 'Send the events of a range of time once more, with the same ids and bytes',
    description:
      'The events get new deliveries, which say the `replayId`. `Location` leads to the replay, which says how far it is.',
    access: 'staff',
    scope: 'webhooks:manage',
    status: 202,
    outcome: { yes: 'the events themselves, which arrive at their target', no: [DeliveryFailed] },
    result: Replay,
    problems: {
      400: ['BAD_RANGE', 'UNKNOWN_EVENT_TYPE'],
      404: ['UNKNOWN_SUBSCRIPTION'],
      409: ['REPLAY_RUNNING', 'SUBSCRIPTION_DISABLED'],
    },
    headers: ['Location'],
    idempotent: true,
  })
  async start(
    @Param({ schema: SubscriptionParams }) { subscriptionId }: SubscriptionParams,
    @Body({ schema: NewReplay }) replay: z.infer<typeof NewReplay>,
    @IdempotentId({ names: 'replay', within: 'subscriptionId' }) replayId: string,
    @Context() context: RequestContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const command = { ...replay, subscriptionId, replayId };
    const started = await this.services.ask(StartReplay, command, context, subscriptionId);
    reply.header('location', `/${API}/subscriptions/${subscriptionId}/replays/${replayId}`);
    return started;
  }

  @Get('replays')
  @Operation({
    id: 'listReplays',
    summary: 'The replays of a subscription, newest first',
    access: 'staff',
    scope: 'webhooks:manage',
    result: ReplayPage,
  })
  list(
    @Param({ schema: SubscriptionParams }) { subscriptionId }: SubscriptionParams,
    @Query({ schema: ReplaysQuery }) query: z.infer<typeof ReplaysQuery>,
    @Context() context: RequestContext,
  ) {
    return this.services.ask(ListReplays, { ...query, subscriptionId }, context, subscriptionId);
  }

  @Get('replays/:replayId')
  @Operation({
    id: 'getReplay',
    summary: 'One replay, and how far it is',
    access: 'staff',
    scope: 'webhooks:manage',
    result: Replay,
    problems: NOT_FOUND,
  })
  get(@Param({ schema: ReplayParams }) params: ReplayParams, @Context() context: RequestContext) {
    return this.services.ask(GetReplay, params, context, params.subscriptionId);
  }

  @Post('replays/:replayId/cancel')
  @Operation({
    id: 'cancelReplay',
    summary: 'Send no further event again',
    description:
      'Deliveries that wait already are sent: at most 1,000. A replay that has ended stays as it is.',
    access: 'staff',
    scope: 'webhooks:manage',
    result: Replay,
    problems: NOT_FOUND,
    idempotent: true,
  })
  cancel(
    @Param({ schema: ReplayParams }) params: ReplayParams,
    @Body({ schema: Nothing }) _body: z.infer<typeof Nothing>,
    @Context() context: RequestContext,
  ) {
    return this.services.ask(CancelReplay, params, context, params.subscriptionId);
  }
}
