import { deadLetterRequestsTo, defineEvent, type Envelope, newId } from '@comanda/contracts';
import {
  emit,
  type Handler,
  Messaging,
  type MessagingOptions,
  NotYet,
  on,
  queueOf,
} from '@comanda/messaging';
import { createMigration, type Database, statement, table } from '@comanda/storage';
import { openTestDatabase, RecordingLogger } from '@comanda/test-kit';
import { z } from 'zod';
import { deadLetterHandlers } from '../dead-letters/handlers.js';
import { listDeadLetters } from '../dead-letters/list-dead-letters.js';
import { OPERATIONS_MIGRATIONS } from '../dead-letters/migration.js';
import { DeadLetterTraffic } from '../dead-letters/traffic.js';

export const SERVICE = 'products-service';
export const QUEUE = queueOf(SERVICE);
export const DEAD_LETTERS = `${QUEUE}.dlq`;
export const POISON = 'this message is poison';
const REPLAY_DAYS = 14;

export const Counted = defineEvent('test.counted', {
  publisher: 'orders-service',
  aggregate: 'order',
  consumers: [SERVICE],
  summary: 'Something to count.',
  data: z.object({ counter: z.string(), mode: z.enum(['count', 'throw', 'not-yet']).default('count') }),
  example: { counter: 'a', mode: 'count' },
});
const Noted = defineEvent('test.noted', {
  publisher: SERVICE,
  aggregate: 'product',
  consumers: ['orders-service'],
  summary: 'It was counted.',
  data: z.object({ counter: z.string() }),
  example: { counter: 'a' },
});

const counters = table('counters', ['name'], { name: z.string(), count: z.number() });
/** It has no key on purpose: an effect that happens twice is there twice. */
const effects = table('effects', [], { messageId: z.string() });

const CounterTables = createMigration('CounterTables1770000000000', ({ text, integer, withoutRowid }) => [
  `CREATE TABLE counters (name ${text} PRIMARY KEY, count ${integer} NOT NULL) ${withoutRowid}`,
  `CREATE TABLE effects (message_id ${text} NOT NULL)`,
]);

/** Counts; fails for ever, or until another message has counted before it, when the message says so. */
const countWhatHappens: Handler = on(Counted, 'count what happens', {
  needs: ({ data }) => ({ counter: counters.lock(data.counter) }),
  decide({ id, data }, { counter }, context) {
    if (data.mode === 'throw') throw new Error(POISON);
    if (data.mode === 'not-yet' && !counter) throw new NotYet('the counter is not there yet');
    return [
      counters.put({ name: data.counter, count: (counter?.count ?? 0) + 1 }),
      effects.append({ messageId: id }),
      emit(Noted, { id: context.newId(), subject: id, sequence: 1, data: { counter: data.counter } }),
    ];
  },
});

export interface InstanceOptions {
  readonly rabbitUrl: string;
  readonly file: string;
  readonly retrySeconds?: MessagingOptions['retrySeconds'];
}

/** One instance of a small service that has dead letters, as the service kit puts it together. */
export class Instance {
  readonly log = new RecordingLogger();
  readonly messaging: Messaging;
  readonly deadLetters: DeadLetterTraffic;
  #stopping: Promise<void> | undefined;

  private constructor(
    { rabbitUrl, retrySeconds = [1, 1] }: InstanceOptions,
    readonly database: Database,
  ) {
    const logger = this.log;
    const { list } = deadLetterRequestsTo(SERVICE);
    const listing = { queue: QUEUE, database, replayDays: REPLAY_DAYS, clock: () => new Date() };
    this.deadLetters = new DeadLetterTraffic({ service: SERVICE, rabbitUrl, database, logger });
    this.messaging = new Messaging({
      service: SERVICE,
      rabbitUrl,
      database,
      redis: undefined,
      handlers: [countWhatHappens, ...deadLetterHandlers(SERVICE, REPLAY_DAYS)],
      queries: [
        {
          query: list,
          answer: (message) => listDeadLetters(listing, { ...message, data: list.data.parse(message.data) }),
        },
      ],
      work: [this.deadLetters.work],
      retrySeconds,
      logger,
    });
  }

  static async start(options: InstanceOptions): Promise<Instance> {
    const database = await openTestDatabase(options.file, [...OPERATIONS_MIGRATIONS, CounterTables]);
    const instance = new Instance(options, database);
    await Promise.all([instance.messaging.ready(), instance.deadLetters.ready()]);
    return instance;
  }

  /** Stops the traffic; the database stays open for questions until `close`. */
  stop(): Promise<void> {
    this.#stopping ??= this.messaging.stop().then(() => this.deadLetters.stop());
    return this.#stopping;
  }

  async close(): Promise<void> {
    await this.stop();
    await this.database.close();
  }

  /** The ids of the messages that took effect, once for each time. */
  async effects(): Promise<string[]> {
    const rows = await this.database.read(statement('SELECT message_id FROM effects ORDER BY message_id'));
    return rows.map((row) => String(row.message_id));
  }

  async rows(from: string): Promise<number> {
    const [row] = await this.database.acrossTenants.read(statement(`SELECT count(*) AS n FROM ${from}`));
    return Number(row?.n);
  }

  /** How many open dead letters are in its database. */
  dead(): Promise<number> {
    return this.rows('dead_letters WHERE left_at IS NULL');
  }
}

export interface Sent {
  readonly id: string;
  readonly type: string;
  readonly body: Buffer;
}

/** A message as it stands on the wire. */
export function counted(data: z.input<typeof Counted.data>, overrides: Partial<Envelope> = {}): Sent {
  const envelope = {
    specversion: '1.0',
    id: newId(),
    type: Counted.type,
    source: 'orders-service',
    time: new Date().toISOString(),
    subject: data.counter,
    datacontenttype: 'application/json',
    dataschema: Counted.dataschema,
    tenantid: 'default',
    correlationid: 'test',
    data,
    ...overrides,
  };
  return { id: envelope.id, type: envelope.type, body: Buffer.from(JSON.stringify(envelope)) };
}
