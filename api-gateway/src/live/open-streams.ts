import { LOGGER } from '@comanda/service-kit';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { accountOf } from '../auth/caller.js';
import { metrics } from '../http/metrics.js';
import { Problem } from '../problems/problem.js';
import { EventStream } from './event-stream.js';
import { type StreamPlace, StreamPlaces } from './stream-places.js';

const BEAT_SECONDS = 15;
/** Over this time the clients of a gateway that stops come back, each at a moment of its own. */
const COME_BACK_MS = 5_000;
/** Each stream has its turn once a second, a part of them in each: all at once would keep every request waiting. */
const TURNS = 20;

interface Open {
  readonly stream: EventStream;
  /** Asks until when its caller is let in at least; `undefined` when it is not any more. */
  readonly ask: () => Promise<number | undefined>;
  allowedUntil: number;
  /** Which of all that were opened it is. */
  readonly number: number;
  readonly place: StreamPlace;
  /** How many turns it has had, to begin with some that it did not have. */
  seconds: number;
}

/**
 * All streams that are open here. Each beats, ends when its caller would no longer be let in (the token is over, the
 * account closed, a scope taken away), and ends when the gateway stops, so that its client goes to another one.
 */
@Injectable()
export class OpenStreams {
  /** Those whose turn it is in each part of a second. */
  readonly #turns = Array.from({ length: TURNS }, () => new Set<Open>());
  #everyTurn: NodeJS.Timeout | undefined;
  #turn = 0;
  #opened = 0;
  #stopping = false;

  constructor(
    @Inject(StreamPlaces) private readonly places: Pick<StreamPlaces, 'take'>,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Answers with a stream. Rejects with a 429 problem when the caller has too many. */
  async open(request: FastifyRequest, reply: FastifyReply): Promise<EventStream> {
    const { caller, allowedUntil, method } = request;
    if (!caller || !allowedUntil) throw new Error('a stream without a caller');
    const { tenantId, accountId } = accountOf(caller);
    this.#refuseWhenStopping();
    const place = await this.places.take(`${tenantId}/${accountId}`);
    try {
      this.#refuseWhenStopping();
    } catch (error) {
      place.leave();
      throw error;
    }
    const stream = new EventStream(() => reply.raw.writableLength);
    // Those that were opened together beat one after the other.
    const number = this.#opened++;
    const seconds = Math.floor(number / TURNS) % BEAT_SECONDS;
    this.#enter({ stream, ask: allowedUntil, allowedUntil: 0, number, place, seconds });
    void reply
      .headers({
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
        // A connection that was a stream's would wait idle for the next request, also while the gateway stops.
        connection: 'close',
      })
      .send(stream.body);
    // Who asks for the headers alone would never read to an end.
    if (method === 'HEAD') stream.end();
    return stream;
  }

  /** Ends all, and opens none any more. They come back to another instance, one after the other. */
  endAll(): void {
    this.#stopping = true;
    clearInterval(this.#everyTurn);
    const all = this.#turns.flatMap((turn) => [...turn]);
    for (const [at, { stream }] of all.entries()) stream.endFor((COME_BACK_MS * at) / all.length);
  }

  #refuseWhenStopping(): void {
    if (!this.#stopping) return;
    const detail = 'This instance stops. Try again: another one takes you.';
    throw new Problem(503, 'SERVICE_UNAVAILABLE', detail, { headers: { 'retry-after': '1' } });
  }

  #enter(open: Open): void {
    const turn = this.#turns[open.number % TURNS];
    turn?.add(open);
    metrics.liveClients.inc();
    this.#everyTurn ??= setInterval(() => this.#look(), 1_000 / TURNS).unref();
    open.stream.onClose(() => {
      turn?.delete(open);
      metrics.liveClients.dec();
      open.place.leave();
    });
  }

  #look(): void {
    this.#turn = (this.#turn + 1) % TURNS;
    const now = Date.now();
    for (const open of this.#turns[this.#turn] ?? []) {
      if (++open.seconds % BEAT_SECONDS === 0) {
        open.stream.beat();
        open.place.keep();
      }
      if (open.allowedUntil <= now) void this.#ask(open);
    }
  }

  async #ask(open: Open): Promise<void> {
    try {
      const until = await open.ask();
      if (until === undefined) open.stream.end();
      else open.allowedUntil = until;
    } catch (error) {
      // The database is out: whoever was let in stays for the time being.
      this.logger.debug({ error: String(error) }, 'a caller could not be looked up again');
    }
  }
}
