import type { Envelope } from '@comanda/contracts';
import { HEADERS, MAX_FRAME_BYTES, MAX_FRAME_EVENTS } from '@comanda/messaging';
import { perReader, READERS, readersOf } from '../world/broker.js';
import { eventsOf } from '../world/queue.js';
import { type Invariant, must } from './watch.js';

/** Nothing is published that was not committed, and what was committed is published. */
export const publishedIfCommitted: Invariant = () => {
  const committed = new Map<string, string>();
  const published = new Set<string>();
  return {
    committed({ published }) {
      for (const { id, type } of published) committed.set(id, type);
    },
    published(message) {
      for (const { id, type } of eventsOf(message)) {
        must(
          committed.has(id),
          'published-was-committed',
          () => `${type} ${id} was published and never committed`,
        );
        published.add(id);
      }
    },
    atRest() {
      for (const [id, type] of committed)
        must(
          published.has(id),
          'committed-is-published',
          () => `${type} ${id} was committed and never published`,
        );
    },
  };
};

/** A frame has events of one type, not too many, and those of one commit in its order. */
export const framesAreInOrder: Invariant = () => {
  const places = new Map<string, { readonly commit: number; readonly place: number }>();
  let commits = 0;
  return {
    committed({ published }) {
      const commit = commits++;
      for (const [place, { id }] of published.entries()) places.set(id, { commit, place });
    },
    published(message) {
      const events = eventsOf(message);
      must(
        events.length <= MAX_FRAME_EVENTS && (events.length === 1 || message.body.length <= MAX_FRAME_BYTES),
        'frames-are-bounded',
        () => `${message.routingKey} ${message.messageId} has ${events.length} events`,
      );
      for (const [at, { id, type }] of events.entries()) {
        must(
          type === message.routingKey,
          'frames-have-one-type',
          () => `${type} ${id} was published in a frame of ${message.routingKey}`,
        );
        const [one, next] = [places.get(id), places.get(events[at + 1]?.id ?? '')];
        must(
          one?.commit !== next?.commit || (one?.place ?? -1) < (next?.place ?? 0),
          'frames-keep-the-order',
          () => `${type} ${id} comes too early in its frame`,
        );
      }
    },
  };
};

/** A message takes effect once for each reader, and none that was sent is missed; one that nobody wants is decided all the same. */
export const handledOnce: Invariant = ({ workload, broker }) => {
  const done = perReader(() => new Set<string>());
  const handled = perReader(() => new Set<string>());
  const published: Envelope[] = [];
  return {
    committed({ service, tasks, committed, published: events }) {
      for (const [at, { claim, cause, name }] of tasks.entries()) {
        const decision = committed.decisions[at]?.kind;
        if (claim.kind !== 'inbox' || (decision !== 'done' && decision !== 'not-wanted')) continue;
        handled[service].add(cause.id);
        if (decision === 'not-wanted') continue;
        must(
          !done[service].has(cause.id),
          'handled-once',
          () => `${service} did "${name}" twice for the message ${cause.id}`,
        );
        done[service].add(cause.id);
      }
      published.push(...events);
    },
    gone(reader, { id, type }) {
      must(
        handled[reader].has(id),
        'nothing-is-lost',
        () => `${type} ${id} left the queue of ${reader}, which had not handled it`,
      );
    },
    atRest() {
      const sent = [...workload.opening, ...workload.errands.flatMap((errand) => errand.sent)];
      const dead = new Set(
        READERS.flatMap((reader) =>
          broker.queues[reader].dead.flatMap(({ events }) => events.map(({ id }) => `${reader} ${id}`)),
        ),
      );
      for (const { id, type } of [...sent.map(({ envelope }) => envelope), ...published])
        for (const reader of readersOf(type))
          must(
            handled[reader].has(id) || dead.has(`${reader} ${id}`),
            'nothing-is-lost',
            () => `${type} ${id} never reached ${reader}`,
          );
    },
  };
};

/** Nobody sends anything that can't be handled, so nothing ends in the dead letters. */
export const noDeadLetters: Invariant = ({ broker }) => ({
  atRest() {
    for (const reader of READERS)
      for (const { message } of broker.queues[reader].dead)
        must(false, 'no-dead-letters', () => {
          const { messageId, options } = message;
          return `${reader} could not handle ${options?.type} ${messageId}: ${String(options?.headers?.[HEADERS.cause])}`;
        });
  },
});

/** The events of an aggregate are counted from 1, without a gap and without a repeat. */
export const sequenceHasNoGap: Invariant = () => {
  const last = new Map<string, number>();
  return {
    committed({ service, published }) {
      for (const { subject, sequence, type, tenantid } of published) {
        const who = `${service} ${tenantid} ${subject}`;
        const next = (last.get(who) ?? 0) + 1;
        must(
          sequence === next,
          'sequence-has-no-gap',
          () => `${type} of ${subject} is number ${sequence}, the next is ${next}`,
        );
        last.set(who, next);
      }
    },
  };
};

/** The result of work counts only under the last lease that was given out for it. */
export const leaseIsHeld: Invariant = () => ({
  committed({ service, tasks, committed, changes }) {
    const work = changes.get('work') ?? [];
    for (const [at, { claim, name }] of tasks.entries()) {
      if (claim.kind !== 'lease' || committed.decisions[at]?.kind !== 'done') continue;
      const { kind, id, fence } = claim.job;
      const row = work.find(({ before }) => before?.kind === kind && before.id === id)?.before;
      must(
        row?.fence === fence,
        'lease-is-held',
        () =>
          `${service} decided "${name}" ${id} under the fence ${fence}, the last one is ${String(row?.fence)}`,
      );
    }
  },
});
