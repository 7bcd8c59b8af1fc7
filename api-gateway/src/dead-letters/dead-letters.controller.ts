import { DeadLetter, DeadLetterPosition, pageOfEach, printable, Reply } from '@comanda/contracts';
import { type RequestContext, SERVICE_QUEUES } from '@comanda/messaging';
import { DeadLetters, DeadLettersUnavailable, type Position, positionOf } from '@comanda/operations';
import { cursorParameters, invalidCursor, pageOf } from '@comanda/service-kit';
import { Body, Controller, Delete, Get, Inject, Param, Post, Query } from '@nestjs/common';
import { RpcException } from '@nestjs/microservices';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { type Caller, Context, CurrentCaller } from '../auth/caller.js';
import { createdAt, eventId, nextCursor, updatedAt } from '../description/examples.js';
import { named } from '../description/named.js';
import { Nothing } from '../description/nothing.js';
import { Problem, problemOfRefusal, RETRY_AFTER_SECONDS } from '../problems/problem.js';
import { API } from '../routes/api.js';
import { Operation } from '../routes/operation.js';
import { pageQuery, yesOrNo } from '../routes/page-query.js';
import { onlyOne, ReplayView, replayView } from './replay-view.js';

const DeadLetterParams = z.strictObject({ messageId: printable(100) });
type DeadLetterParams = z.infer<typeof DeadLetterParams>;

const queue = z.enum(SERVICE_QUEUES, `must be one of ${SERVICE_QUEUES.join(', ')}`);
const DeadLettersQuery = z.strictObject({
  queue: queue.optional(),
  type: printable(100).optional(),
  ...pageQuery,
});
const WhichQuery = z.strictObject({
  queue: queue.optional().describe('Needed when an event is dead in several queues'),
});
const ReplayQuery = WhichQuery.extend({
  dryRun: yesOrNo.default(false).describe('Say what would happen, and change nothing'),
});
const NOT_FOUND = { 404: ['NOT_FOUND'] } as const;
const SEVERAL = { 409: ['SEVERAL_QUEUES'] } as const;

const deadLetter = {
  messageId: eventId,
  queue: 'webhooks_queue',
  type: 'order.created',
  service: 'webhook-publisher',
  handler: 'publish event',
  cause: 'the database is full',
  tenantId: 'default',
  size: 512,
  attempts: [{ at: createdAt, error: 'the database is full' }],
  diedAt: updatedAt,
  replayable: true,
  copies: 1,
};
const DeadLetterPage = named('DeadLetterPage', pageOfEach(named('DeadLetter', DeadLetter, deadLetter)), {
  items: [deadLetter],
  nextCursor,
});

/** Messages that could not be handled, why they failed, and their replay. */
@ApiTags('dead letters')
@Controller(`${API}/dead-letters`)
export class DeadLettersController {
  constructor(@Inject(DeadLetters) private readonly deadLetters: DeadLetters) {}

  @Get()
  @Operation({
    id: 'listDeadLetters',
    summary: 'What failed and why, newest first',
    description: 'Bodies of more than 8 KiB are left out; the dead letter itself shows up to 1 MiB.',
    access: 'staff',
    scope: 'dead-letters:manage',
    result: DeadLetterPage,
  })
  async list(
    @Query({ schema: DeadLettersQuery }) query: z.infer<typeof DeadLettersQuery>,
    @CurrentCaller() caller: Caller,
    @Context() context: RequestContext,
  ) {
    const { limit, cursor, ...which } = query;
    const filter = { ...which, ...seenBy(caller) };
    const page = { limit: limit + 1, after: positionIn(cursor) };
    const deadLetters = await this.deadLetters.list(context, filter, page).catch(sayWhichService(filter));
    return pageOf(deadLetters, {
      limit,
      position: (deadLetter) => {
        const { diedAt, queue, messageId } = positionOf(deadLetter);
        return [diedAt, `${queue}/${messageId}`];
      },
      view: (deadLetter) => deadLetter,
    });
  }

  @Get(':messageId')
  @Operation({
    id: 'getDeadLetter',
    summary: 'One dead letter with the message as it came',
    access: 'staff',
    scope: 'dead-letters:manage',
    result: DeadLetter,
    problems: { ...NOT_FOUND, ...SEVERAL },
  })
  async get(
    @Param({ schema: DeadLetterParams }) { messageId }: DeadLetterParams,
    @Query({ schema: WhichQuery }) which: z.infer<typeof WhichQuery>,
    @CurrentCaller() caller: Caller,
    @Context() context: RequestContext,
  ) {
    const found = this.deadLetters.find(context, { messageId, ...which, ...seenBy(caller) });
    return onlyOne(await found.catch(sayWhichService(which)));
  }

  @Post(':messageId/replay')
  @Operation({
    id: 'replayDeadLetter',
    summary: 'Put it back into the queue in which it failed',
    description:
      'The message goes back as it came, with its history. It takes effect once, however often it is put back; if it is still broken it returns with its history grown. A dry run is refused as the replay would be.',
    access: 'staff',
    scope: 'dead-letters:manage',
    result: ReplayView,
    problems: {
      ...NOT_FOUND,
      409: [...SEVERAL[409], 'EXPIRED', 'TOO_OLD', 'WRONG_SENDER'],
    },
    idempotent: true,
  })
  async replay(
    @Param({ schema: DeadLetterParams }) { messageId }: DeadLetterParams,
    @Query({ schema: ReplayQuery }) { dryRun, queue }: z.infer<typeof ReplayQuery>,
    @Body({ schema: Nothing }) _body: z.infer<typeof Nothing>,
    @CurrentCaller() caller: Caller,
    @Context() context: RequestContext,
  ) {
    const outcome = this.deadLetters.actOn(
      context,
      { messageId, queue, ...seenBy(caller) },
      { kind: 'replay', by: caller.accountId, dryRun },
    );
    return replayView(onlyOne(await outcome.catch(sayWhichService({ queue }))), dryRun);
  }

  @Delete(':messageId')
  @Operation({
    id: 'discardDeadLetter',
    summary: 'Throw it away for good',
    description: 'A line in the log keeps what it was, without its body.',
    access: 'staff',
    scope: 'dead-letters:manage',
    status: 204,
    problems: { ...NOT_FOUND, ...SEVERAL },
  })
  async discard(
    @Param({ schema: DeadLetterParams }) { messageId }: DeadLetterParams,
    @Query({ schema: WhichQuery }) which: z.infer<typeof WhichQuery>,
    @CurrentCaller() caller: Caller,
    @Context() context: RequestContext,
  ): Promise<void> {
    const outcome = this.deadLetters.actOn(
      context,
      { messageId, ...which, ...seenBy(caller) },
      { kind: 'discard', by: caller.accountId, dryRun: false },
    );
    onlyOne(await outcome.catch(sayWhichService(which)));
  }
}

/** Staff see the dead letters of their tenant; who may act for all tenants also those of which nobody knows whose they are. */
const seenBy = ({ scopes }: Caller) => ({ includeNoTenant: scopes.includes('tenants:all') });

/**
 * A page that lacked the dead letters of one service would look complete, so there is none: the problem says which
 * service does not answer. The dead letters of the others can be asked for by their queues.
 */
const sayWhichService =
  ({ queue }: { queue?: string | undefined }) =>
  (error: unknown): never => {
    if (!(error instanceof DeadLettersUnavailable) || error.reason === 'broker' || queue !== undefined)
      throw error;
    throw new Problem(
      503,
      'SERVICE_UNAVAILABLE',
      `${error.service} does not answer. Ask for the dead letters of another service with ?queue=, or try again shortly.`,
      { headers: { 'retry-after': RETRY_AFTER_SECONDS } },
    );
  };

/** Where a page begins. The services' cursors are refused with a reply; here that is a problem. */
function positionIn(cursor: string | undefined): Position | undefined {
  try {
    const { cursorFirst: diedAt, cursorId } = cursorParameters(cursor);
    if (diedAt === null || cursorId === null) return undefined;
    const [queue = '', messageId = ''] = cursorId.split(/\/(.*)/s);
    const position = DeadLetterPosition.safeParse({ diedAt, messageId });
    if (!position.success) throw invalidCursor();
    return { ...position.data, queue };
  } catch (error) {
    const reply = error instanceof RpcException ? Reply.safeParse(error.getError()) : undefined;
    if (!reply?.success || reply.data.ok) throw error;
    throw problemOfRefusal(reply.data.refusal);
  }
}
