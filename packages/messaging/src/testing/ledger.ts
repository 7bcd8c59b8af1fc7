import {
  defineCommand,
  defineEvent,
  defineQuery,
  type Envelope,
  FRAME_CONTENT_TYPE,
  Id,
  newId,
} from '@comanda/contracts';
import { createMigration, table } from '@comanda/storage';
import { anEnvelope } from '@comanda/test-kit';
import type { Options } from 'amqplib';
import { z } from 'zod';
import { cancel, emit, respond, schedule } from '../runtime/effects.js';
import { type Handler, NotYet, on } from '../runtime/handler.js';

/**
 * A small service for the tests: it keeps counters, and a line for each time that a message took effect. What else
 * a message does, stands in its `mode`.
 */
export const SERVICE = 'products-service';
export const QUEUE = 'products_queue';
export const DEAD_LETTERS = 'products_queue.dlq';

const Mode = z.enum([
  'count',
  'throw',
  'throw-late',
  'not-yet',
  'violate',
  'schedule',
  'quiet',
  'unknown-work',
  'follow',
  'cancel',
]);
export const Counted = defineEvent('test.counted', {
  publisher: 'orders-service',
  aggregate: 'order',
  consumers: [SERVICE],
  summary: 'Something to count.',
  data: z.object({
    counter: z.string(),
    mode: Mode.default('count'),
    /** The job to schedule; where to follow a link to; how many tries to refuse. */
    detail: z.string().optional(),
    delayMs: z.number().optional(),
    tags: z.array(z.string()).optional(),
  }),
  example: { counter: 'a', mode: 'count' },
});

export const Noted = defineEvent('test.noted', {
  publisher: SERVICE,
  aggregate: 'product',
  consumers: ['orders-service'],
  summary: 'It was counted.',
  data: z.object({ of: Id, count: z.number().int() }),
  example: { of: '0192d1a4-7c3b-7f7e-8a51-3d0c6a9be001', count: 1 },
});

export const Add = defineCommand('test.add', {
  to: SERVICE,
  summary: 'Count, and say how far we are.',
  data: z.object({ counter: z.string(), refuse: z.boolean().default(false) }),
  result: z.object({ count: z.number().int() }),
});

export const HowMany = defineQuery('test.howMany', {
  to: SERVICE,
  summary: 'How far a counter is.',
  data: z.object({
    counter: z.string(),
    behaviour: z.enum(['answer', 'refuse', 'hang', 'throw', 'outage']).default('answer'),
  }),
  result: z.object({ count: z.number().int() }),
});

export const counters = table('counters', ['name'], {
  name: z.string(),
  count: z.number().int(),
  /** Another counter, which `follow` asks for in `also`. */
  link: z.string().nullable(),
});

/** It has no key on purpose: an effect that happens twice is there twice. */
export const effects = table('effects', [], {
  messageId: z.string(),
  counter: z.string(),
  before: z.number().int(),
});

export const createLedgerTables = createMigration(
  'LedgerTables1770000000000',
  ({ text, integer, identity, withoutRowid }) => [
    `CREATE TABLE counters (
       name ${text} PRIMARY KEY, count ${integer} NOT NULL CHECK (count < 1000000), link ${text}
     ) ${withoutRowid}`,
    `CREATE TABLE effects (
       position ${identity}, message_id ${text} NOT NULL, counter ${text} NOT NULL, before ${integer} NOT NULL
     )`,
    // Each transaction of the runtime that takes messages writes the inbox; the time distinguishes transactions.
    'CREATE INDEX effects_message ON effects (message_id)',
  ],
);

export const POISON = 'this message is poison';

export const countWhatHappens: Handler = on(Counted, 'count what happens', {
  needs: ({ data }) => ({ counter: counters.lock(data.counter) }),
  thenNeeds: ({ data }, { counter }) =>
    (data.mode === 'follow' && counter?.link ? { linked: counters.lock(counter.link) } : {}) as {
      linked: ReturnType<typeof counters.lock>;
    },
  decide({ id, data }, { counter, linked }, context) {
    const { mode, detail = '' } = data;
    if (mode === 'throw') throw new Error(POISON);
    if (mode === 'not-yet' && (counter?.count ?? 0) === 0) throw new NotYet('the counter is not there yet');
    if (mode === 'follow' && !linked) throw new Error('the linked row was not loaded');
    const before = mode === 'follow' ? (linked?.count ?? 0) : (counter?.count ?? 0);
    const name = mode === 'follow' ? (counter?.link ?? '') : data.counter;
    const count = mode === 'violate' ? 1_000_000 : before + 1;
    const link =
      mode === 'follow'
        ? (linked?.link ?? null)
        : (counter?.link ?? (mode === 'quiet' ? detail || null : null));
    const due = new Date(Date.parse(context.now) + (data.delayMs ?? 0)).toISOString();
    return [
      counters.put({ name, count, link }),
      effects.append({ messageId: id, counter: name, before }),
      ...(mode === 'quiet' || mode === 'schedule' || mode === 'cancel'
        ? []
        : [emit(Noted, { id: context.newId(), subject: id, sequence: 1, data: { of: id, count } })]),
      ...(mode === 'schedule'
        ? [schedule({ work: 'test.job', id: detail, dueAt: due, payload: { counter: data.counter } })]
        : []),
      ...(mode === 'cancel' ? [cancel('test.job', detail)] : []),
      ...(mode === 'unknown-work' ? [schedule({ work: 'test.nobodys', id, dueAt: due })] : []),
      // Fails after all that: its payload breaks the event's schema.
      ...(mode === 'throw-late'
        ? [emit(Noted, { id: context.newId(), subject: id, sequence: 2, data: { of: 'nothing', count } })]
        : []),
    ];
  },
});

export const addOnCommand: Handler = on(Add, 'add on command', {
  needs: ({ data }) => ({ counter: counters.lock(data.counter) }),
  decide({ id, data }, { counter }) {
    if (data.refuse)
      return [respond({ ok: false, refusal: { status: 409, code: 'NO_MORE', detail: 'Enough.' } })];
    const before = counter?.count ?? 0;
    return [
      counters.put({ name: data.counter, count: before + 1, link: null }),
      effects.append({ messageId: id, counter: data.counter, before }),
      respond({ ok: true, result: { count: before + 1 } }),
    ];
  },
});

interface Sent {
  readonly id: string;
  readonly type: string;
  readonly body: Buffer;
  readonly options?: Options.Publish;
}

/** A message as it stands on the wire. */
export function counted(
  data: { counter: string; mode?: z.infer<typeof Mode>; detail?: string; delayMs?: number },
  overrides: Partial<Envelope> = {},
): Sent {
  const envelope = anEnvelope(Counted, {
    source: 'orders-service',
    subject: data.counter,
    data,
    ...overrides,
  });
  return { id: envelope.id, type: envelope.type, body: Buffer.from(JSON.stringify(envelope)) };
}

/** These messages in one, as another program would write it. */
export const frameOf = (messages: readonly { readonly body: Buffer | string }[]): Sent => ({
  id: newId(),
  type: Counted.type,
  body: Buffer.from(`[${messages.map(({ body }) => body.toString()).join(',')}]`),
  options: { contentType: FRAME_CONTENT_TYPE, headers: { events: messages.length } },
});

export const many = (count: number, make: (at: number) => Sent): Sent[] =>
  Array.from({ length: count }, (_, at) => make(at));
