import type { Logger } from '@comanda/kit';
import type { ConsumeMessage } from 'amqplib';
import type { Broker } from '../broker/broker.js';
import { publishWithTimeout } from '../broker/publish-with-timeout.js';
import { Publisher } from '../broker/publisher.js';
import { deadLettersOf, declareTopology } from '../broker/topology.js';
import { contentOf } from './content.js';
import { type DeadLetter, readLetter } from './letter.js';
import { Look } from './look.js';
import { obstacleTo, type ReplayRules } from './obstacle.js';
import type { Doing, NotOne, Outcome, Replaying } from './outcome.js';
import { prospectOf } from './prospect.js';
import { renewed, replayed } from './replayed.js';
import { newestFirst, oldestFirst, type Position, positionOf, Selection } from './selection.js';
import { isWanted, queuesOf, type Wanted } from './wanted.js';

export interface DeadLettersOptions {
  /** Letters that died longer ago are put back only by force. */
  readonly replayDays: number;
  readonly logger: Logger;
  readonly clock?: () => Date;
  /** After so many looks a letter is written anew, long before the broker drops it (see topology.ts). */
  readonly renewAfterLooks?: number;
}

/** Bodies that are longer are left out of lists, and of the letter itself. */
const LISTED_BODY_BYTES = 8 * 1024;
const SHOWN_BODY_BYTES = 1024 * 1024;
/** What is held at once while a queue is gone through, letter by letter. */
const HELD = { count: 500, bytes: 32 * 1024 * 1024 };
const RENEW_AFTER_LOOKS = 100_000;
const RENEWED_AT_ONCE = 100;

interface Held {
  readonly letter: DeadLetter;
  readonly deliveries: ConsumeMessage[];
}

/** The dead letters of all services: to be seen, put back, or thrown away. Every method may throw `Unavailable`. */
export class DeadLetters {
  readonly #publisher: Publisher;

  /** @param broker a connection of its own: looking through a long queue would hold up what else it carries */
  constructor(
    private readonly broker: Broker,
    private readonly options: DeadLettersOptions,
  ) {
    this.#publisher = new Publisher(broker, declareTopology);
  }

  ready(): Promise<void> {
    return this.#publisher.ready();
  }

  /** The newest `limit` of what is wanted, newest first; `after` leads to the next page. */
  async list(wanted: Wanted, { limit, after }: { limit: number; after?: Position }): Promise<DeadLetter[]> {
    const page = new Selection<DeadLetter>(newestFirst, { count: limit, bytes: Number.MAX_SAFE_INTEGER });
    const bodyLimit = wanted.messageId === undefined ? LISTED_BODY_BYTES : SHOWN_BODY_BYTES;
    for (const queue of queuesOf(wanted)) {
      await this.#look(queue, (delivery) => {
        const position = positionOf(queue, delivery);
        if (after && newestFirst(position, after) <= 0) return;
        if (!page.wants(position) || !isWanted(delivery, wanted)) return;
        const read = () => readLetter(queue, delivery, bodyLimit, this.#rules());
        page.offer(position, 0, read, (letter) => {
          letter.copies++;
        });
      });
    }
    return page.entries.map(({ value }) => value);
  }

  /** Where a letter stands in the list. */
  positionOf({ diedAt, queue, messageId }: DeadLetter): Position {
    return [diedAt ?? '', `${queue}/${messageId}`];
  }

  /** The letter with this id; of several in one queue the one that died last, with the number of all. */
  async find(wanted: Wanted & { messageId: string }): Promise<DeadLetter | NotOne> {
    const letters = await this.list(wanted, { limit: HELD.count });
    const [newest] = letters;
    if (!newest) return { kind: 'none' };
    const queues = [...new Set(letters.map(({ queue }) => queue))].sort();
    if (queues.length > 1) return { kind: 'several', queues };
    return { ...newest, copies: letters.reduce((sum, { copies }) => sum + copies, 0) };
  }

  /** Puts a letter back into the queue in which it failed, with all its copies there: they take effect once. */
  async replay(wanted: Wanted & { messageId: string }, how: Replaying): Promise<Outcome | NotOne> {
    return this.#one(wanted, (look, held) => this.#putBack(look, held, how));
  }

  /** Throws a letter away, with all its copies in that queue. */
  async discard(wanted: Wanted & { messageId: string }, how: Doing): Promise<Outcome | NotOne> {
    return this.#one(wanted, async (look, held) => this.#throwAway(look, held, how));
  }

  /** Puts everything back that is wanted, oldest first; what dies again meanwhile stays. */
  replayAll(wanted: Wanted, how: Replaying): AsyncGenerator<Outcome> {
    return this.#all(wanted, (look, held) => this.#putBack(look, held, how));
  }

  discardAll(wanted: Wanted, how: Doing): AsyncGenerator<Outcome> {
    return this.#all(wanted, async (look, held) => this.#throwAway(look, held, how));
  }

  async #one(
    wanted: Wanted & { messageId: string },
    act: (look: Look, held: Held) => Promise<Outcome>,
  ): Promise<Outcome | NotOne> {
    const found = await this.find(wanted);
    if ('kind' in found) return found;
    const outcomes: Outcome[] = [];
    for await (const outcome of this.#all({ ...wanted, queue: found.queue }, act)) outcomes.push(outcome);
    const last = outcomes.at(-1);
    // Somebody else was faster.
    if (!last) return { kind: 'none' };
    const copies = outcomes.reduce((sum, { letter }) => sum + letter.copies, 0);
    return { ...last, letter: { ...last.letter, copies } };
  }

  async *#all(wanted: Wanted, act: (look: Look, held: Held) => Promise<Outcome>): AsyncGenerator<Outcome> {
    const began = this.#rules().now.toISOString();
    const ofThisRun = ({ attempts }: DeadLetter) =>
      attempts.some((entry) => 'replayedBy' in entry && entry.at >= began);
    for (const queue of queuesOf(wanted)) {
      for (let after: Position | undefined; ; ) {
        const page = new Selection<Held>(oldestFirst, HELD);
        let outcomes: Outcome[] = [];
        const hold = (delivery: ConsumeMessage) => this.#hold(page, queue, wanted, after, delivery);
        await this.#look(queue, hold, async (look) => {
          const held = page.entries.map(({ value }) => value).filter(({ letter }) => !ofThisRun(letter));
          outcomes = await allOf(held.map((one) => act(look, one)));
        });
        yield* outcomes;
        after = page.entries.at(-1)?.position;
        if (!after) break;
      }
    }
  }

  async #putBack(look: Look, { letter, deliveries }: Held, how: Replaying): Promise<Outcome> {
    const { queue, messageId, type, cause, correlationId, tenantId } = letter;
    const rules = this.#rules();
    const [first = Buffer.alloc(0)] = deliveries.map(({ content }) => content);
    const obstacle = obstacleTo(letter.diedAt, contentOf(first), rules);
    if (obstacle && !(how.force && obstacle.code === 'TOO_OLD')) return { kind: 'refused', letter, obstacle };
    const prospect = prospectOf(queue, first);
    if (!how.dryRun) {
      for (const delivery of deliveries) {
        await publishWithTimeout(
          this.#publisher,
          replayed(queue, delivery, { by: how.by, at: rules.now.toISOString() }),
        );
        // Not before the broker has it in its queue: a crash here leaves two, of which the inbox lets one through.
        look.take(delivery);
      }
      const ids = { messageId, type, queue, cause, correlationId, tenantId, by: how.by };
      this.options.logger.info(ids, 'dead letter put back');
    }
    return { kind: 'replayed', letter, prospect };
  }

  #throwAway(look: Look, { letter, deliveries }: Held, { by, dryRun }: Doing): Outcome {
    const { queue, messageId, type, cause, correlationId, tenantId, handler, diedAt, copies } = letter;
    if (!dryRun) {
      for (const delivery of deliveries) look.take(delivery);
      // All that is left of it. Its body may hold personal data, which have no business in a log.
      const ids = { messageId, type, queue, cause, correlationId, tenantId, handler, diedAt, copies, by };
      this.options.logger.warn(ids, 'dead letter discarded');
    }
    return { kind: 'discarded', letter };
  }

  /** Keeps what is wanted, whole. */
  #hold(
    page: Selection<Held>,
    queue: string,
    wanted: Wanted,
    after: Position | undefined,
    delivery: ConsumeMessage,
  ): void {
    const position = positionOf(queue, delivery);
    if (after && oldestFirst(position, after) <= 0) return;
    if (!page.wants(position) || !isWanted(delivery, wanted)) return;
    const held = () => ({
      letter: readLetter(queue, delivery, 0, this.#rules()),
      deliveries: [delivery],
    });
    page.offer(position, delivery.content.length, held, (same) => {
      same.deliveries.push(delivery);
      same.letter.copies++;
    });
  }

  /** One look at a queue: shows each letter to `see`, and holds them all while `act` is at work. */
  async #look(
    queue: string,
    see: (delivery: ConsumeMessage) => void,
    act: (look: Look) => Promise<void> = async () => {},
  ): Promise<void> {
    const look = await Look.at(this.broker, queue);
    try {
      const worn: ConsumeMessage[] = [];
      await look.walk((delivery) => {
        if (this.#isWorn(delivery) && worn.length < RENEWED_AT_ONCE) worn.push(delivery);
        see(delivery);
      });
      await act(look);
      for (const delivery of worn) await this.#renew(look, queue, delivery);
    } finally {
      await look.end();
    }
  }

  #isWorn({ properties }: ConsumeMessage): boolean {
    const looks: unknown = properties.headers?.['x-delivery-count'];
    return typeof looks === 'number' && looks >= (this.options.renewAfterLooks ?? RENEW_AFTER_LOOKS);
  }

  async #renew(look: Look, queue: string, delivery: ConsumeMessage): Promise<void> {
    if (look.has(delivery)) {
      await publishWithTimeout(this.#publisher, renewed(deadLettersOf(queue), delivery));
      look.take(delivery);
    }
  }

  #rules(): ReplayRules {
    const { replayDays, clock = () => new Date() } = this.options;
    return { now: clock(), replayDays };
  }
}

/** All results, or the first failure, but never before all have ended: they share a look. */
async function allOf<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}
