import { LIVE_EVENTS, LiveTopic, printable } from '@comanda/contracts';
import { EventListener } from '@comanda/messaging';
import { Controller, Get, Headers, Inject, Post, Query, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { type Caller, CurrentCaller } from '../auth/caller.js';
import type { Scope } from '../auth/scopes.js';
import { TakesTickets, Ticket, Tickets } from '../auth/tickets.js';
import { currency, orderId, totalAmount, updatedAt } from '../description/examples.js';
import { named } from '../description/named.js';
import { Problem } from '../problems/problem.js';
import { API } from '../routes/api.js';
import { Operation } from '../routes/operation.js';
import { LiveFeed } from './live-feed.js';
import { OpenStreams } from './open-streams.js';

/** What a client sends that comes back. A header that is none of ours is nothing that was heard. */
export const LAST_EVENT_ID = {
  name: 'Last-Event-ID',
  required: false,
  description: 'The id of the last event that was heard: what came since follows',
  schema: { type: 'string' as const, maxLength: 200 },
};
export const LastEventId = printable(200).describe(
  'In the place of the header `Last-Event-ID`, for clients that can send no header',
);
/** An empty one says that nothing was heard. */
export const lastEventIdOf = (query: string | undefined, header: string | undefined): string | undefined =>
  (query ?? header) || undefined;

const LiveQuery = z.strictObject({
  topics: printable(100)
    .transform((text) => text.split(','))
    .pipe(z.array(LiveTopic))
    .describe('One or several of `orders`, `products`, `webhooks`, with commas between them'),
  ticket: Ticket.optional(),
  lastEventId: LastEventId.optional(),
});

const SCOPE_OF: Readonly<Record<LiveTopic, Scope>> = {
  orders: 'orders:read',
  products: 'products:read',
  webhooks: 'webhooks:manage',
};

const LiveStream = named(
  'LiveStream',
  z.string().describe('Server-sent events (`text/event-stream`)'),
  `id: k3f9_xQ2.17.0192d1a4-9000-7000-8000-00000000e001-0\nevent: ORDER_UPDATED\ndata: ${JSON.stringify({ orderId, status: 'CONFIRMED', totalAmount, currency, updatedAt })}\n\n`,
);
const LiveTicket = named('LiveTicket', z.object({ ticket: Ticket, expiresIn: z.int().describe('Seconds') }), {
  ticket: 'o2tuWkkJ9Bv0c8LQ1yqXcVhWmZ4rSfXG6aYx0PzE7nA',
  expiresIn: 30,
});

const listed = Object.entries(LIVE_EVENTS)
  .map(([name, { data, summary }]) => `\`${name}\` {${Object.keys(data.shape).join(', ')}}: ${summary}`)
  .join(' ');

/** What changes, told as it happens. */
@ApiTags('live')
@Controller(`${API}/live`)
export class LiveController {
  constructor(
    @Inject(OpenStreams) private readonly streams: OpenStreams,
    @Inject(LiveFeed) private readonly feed: LiveFeed,
    @Inject(EventListener) private readonly listener: EventListener,
    @Inject(Tickets) private readonly tickets: Tickets,
  ) {}

  @Get()
  @TakesTickets()
  @ApiProduces('text/event-stream')
  @ApiHeader(LAST_EVENT_ID)
  @Operation({
    id: 'streamLiveChanges',
    summary: 'What changes in the tenant, as server-sent events',
    description: `Each topic needs a scope: orders \`orders:read\`, products \`products:read\`, webhooks \`webhooks:manage\`. ${listed} \`READY\` {}: it begins here; fetch what you show. \`REFETCH\` {}: something was missed; fetch anew what you show. Of changes of one thing the newest is told, at most 100 a second.`,
    access: 'staff',
    scope: 'none',
    result: LiveStream,
    headers: ['X-Accel-Buffering'],
    problems: { 401: ['TICKET_INVALID'], 403: ['SCOPE_MISSING'], 429: ['TOO_MANY_STREAMS'] },
  })
  async open(
    @Query({ schema: LiveQuery }) { topics, lastEventId }: z.output<typeof LiveQuery>,
    @Headers('last-event-id') header: string | undefined,
    @CurrentCaller() caller: Caller,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    for (const topic of topics) requireScope(caller, SCOPE_OF[topic]);
    const stream = await this.streams.open(request, reply);
    // What came while nobody followed, so that what is missed is known.
    this.listener.read();
    const lastId = lastEventIdOf(lastEventId, header);
    const following = this.feed.follow(caller.tenantId, new Set(topics), lastId, (event) =>
      stream.send(event),
    );
    stream.onClose(() => following.stop());
  }

  @Post('tickets')
  @Operation({
    id: 'createLiveTicket',
    summary: 'A ticket that opens one stream, in the place of a token',
    description:
      'For clients that can send no header, as `EventSource` in a browser: `?ticket=`. It is good once, on any instance, for the one who asked for it.',
    access: 'signed-in',
    scope: 'none',
    status: 201,
    result: LiveTicket,
  })
  ticket(@Req() { headers }: FastifyRequest) {
    return this.tickets.issue(headers);
  }
}

function requireScope({ scopes }: Caller, scope: Scope): void {
  if (!scopes.includes(scope))
    throw new Problem(403, 'SCOPE_MISSING', `This needs the scope ${scope}, which the caller lacks.`);
}
