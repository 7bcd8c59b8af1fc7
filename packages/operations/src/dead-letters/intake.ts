import { setTimeout as pause } from 'node:timers/promises';
import type { ServiceName } from '@comanda/contracts';
import { Gatherer, type Logger, messageOf } from '@comanda/kit';
import {
  type Broker,
  deadLettersDeclaration,
  declare,
  failpoint,
  queueOf,
  singlesOf,
} from '@comanda/messaging';
import { type Database, EVERY_TENANT } from '@comanda/storage';
import type { Channel, ConsumeMessage } from 'amqplib';
import type { DeadMessage } from './message.js';
import { withWrongSender } from './sender.js';
import { storeDeadLetters } from './store-dead-letters.js';
import { rowOf } from './table.js';

/** Unacked dead letters, each with its body: as many as one transaction takes. */
const PREFETCH = 50;
const FIRST_RETRY_MS = 500;
const MAX_RETRY_MS = 10_000;
/** The name under which the failpoints know it. */
const FAILPOINT = 'dead-letter';

export interface IntakeOptions {
  readonly service: ServiceName;
  readonly broker: Broker;
  readonly database: Database;
  readonly logger: Logger;
}

/**
 * Takes the dead letters of a service out of their queue into its database. A dead letter is acked after the commit
 * that wrote it, so a crash means that it is delivered again, and found to be there. While the database is unavailable,
 * the dead letters in hand stay unacked, and all others stay in the queue.
 */
export class DeadLetterIntake {
  readonly #queue: string;
  readonly #channel: ReturnType<Broker['openReopeningChannel']>;
  readonly #stopping = new AbortController();
  #gatherer: Gatherer<ConsumeMessage> | undefined;
  #outage: string | undefined;

  /** Begins at once, and whenever the broker is there again. */
  constructor(private readonly options: IntakeOptions) {
    this.#queue = queueOf(options.service);
    const declaration = deadLettersDeclaration(this.#queue);
    this.#channel = options.broker.openReopeningChannel('dead-letters', async (channel) => {
      // A user that is this service's own may declare nothing: it finds the queue, or the channel fails.
      if (options.broker.account === undefined) await declare(channel, declaration);
      await channel.prefetch(PREFETCH);
      await channel.consume(declaration.queue, this.#taker(channel));
    });
  }

  /** What keeps dead letters from being taken in, or `undefined`. */
  get unhealthyReason(): string | undefined {
    return this.#outage ?? this.#channel.unhealthyReason;
  }

  ready(): Promise<void> {
    return this.#channel.ready();
  }

  /** Finishes the transaction that is under way. What is not acked goes back into the queue with the channel. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#channel.stop();
    await this.#gatherer?.idle();
    await this.#channel.close();
  }

  /** Gathers what one channel delivers while a transaction runs, and takes it all in with the next one. */
  #taker(channel: Channel): (delivery: ConsumeMessage | null) => void {
    const lost = new AbortController();
    channel.on('close', () => lost.abort());
    const over = AbortSignal.any([lost.signal, this.#stopping.signal]);
    const gatherer = new Gatherer<ConsumeMessage>(async (deadLetters) => {
      if (await this.#store(deadLetters, over)) ackAll(channel, deadLetters);
    });
    this.#gatherer = gatherer;
    return (delivery) => {
      if (delivery) gatherer.add(delivery);
      // The queue was deleted: a new channel declares it again.
      else channel.close().catch(() => undefined); // closing already
    };
  }

  /** Resolves with whether the dead letters are committed; goes on trying until then, or until it is over. */
  async #store(deadLetters: readonly ConsumeMessage[], over: AbortSignal): Promise<boolean> {
    const { service, broker, database, logger } = this.options;
    const known = (deadLetter: DeadMessage) =>
      broker.account === undefined ? deadLetter : withWrongSender(service, deadLetter);
    const rows = deadLetters.flatMap(apart).map((deadLetter) => rowOf(this.#queue, known(deadLetter)));
    for (let wait = FIRST_RETRY_MS; !over.aborted; wait = Math.min(2 * wait, MAX_RETRY_MS)) {
      try {
        await database.transaction(async (sql) => {
          await storeDeadLetters(sql, rows);
          failpoint('before-commit', FAILPOINT);
        }, EVERY_TENANT);
        failpoint('after-commit', FAILPOINT);
        if (this.#outage !== undefined)
          logger.info({ queue: this.#queue }, 'dead letters are taken in again');
        this.#outage = undefined;
        return true;
      } catch (error) {
        if (this.#outage === undefined)
          logger.error({ queue: this.#queue, error: messageOf(error) }, 'dead letters stay in their queue');
        this.#outage = `dead letters stay in their queue: ${messageOf(error)}`;
        await pause(wait, undefined, { ref: false, signal: over }).catch(() => undefined); // it is over
      }
    }
    return false;
  }
}

/**
 * Each event of a frame that the broker dead-lettered is a dead letter of its own, of its own tenant. What can't be read
 * stays as it is.
 */
function apart(deadLetter: ConsumeMessage): readonly DeadMessage[] {
  try {
    return singlesOf(deadLetter).map(({ delivery }) => delivery);
  } catch {
    return [deadLetter];
  }
}

/** They are all that the channel has delivered up to the last of them. */
function ackAll(channel: Channel, deadLetters: readonly ConsumeMessage[]): void {
  const last = deadLetters.at(-1);
  try {
    if (last) channel.ack(last, true);
  } catch {
    // The channel is closing: the dead letters are delivered again, and found to be there.
  }
}
