import { matchesAnyPattern, timeOfId } from '@comanda/contracts';
import {
  add,
  changesOf,
  type DeliveryRow,
  type EventRow,
  type Invariant,
  must,
  type ReplayRow,
  rowsOf,
  type SubscriptionRow,
} from './watch.js';

const NAME = 'a-replay-sends-each-event-once';

/**
 * A replay ends. It gives each event that it wants one delivery, never two, and none that it does not want; when it is done,
 * every event has one that was stored when it began. What it wants is what its subscription does when it looks at a page: where
 * that changes while it runs, either is right. What it counts is what it made, and each delivery that arrived was sent.
 */
export const aReplaySendsEachEventOnce: Invariant = ({ stores, receivers }) => {
  const publisher = stores['webhook-publisher'];
  /** The events that were there when each replay began. */
  const stored = new Map<string, readonly EventRow[]>();
  const made = new Map<string, DeliveryRow>();
  /** The patterns that each subscription has had, as they are stored, one after the other. */
  const versions = new Map<string, string[]>();
  /** Which of them were there while each replay ran. */
  const spans = new Map<string, { readonly first: number; readonly last?: number }>();
  const versionsOf = (subscriptionId: string) => versions.get(subscriptionId) ?? [];
  const patternsOf = ({ replayId, subscriptionId, eventTypes }: ReplayRow): string[][] => {
    const { first, last = Infinity } = spans.get(replayId) ?? { first: 0 };
    const had = eventTypes === null ? versionsOf(subscriptionId).slice(first, last + 1) : [eventTypes];
    return had.map((patterns) => JSON.parse(patterns));
  };
  const isAskedFor = (replay: ReplayRow, { tenantId, eventId }: EventRow): boolean => {
    const at = new Date(timeOfId(eventId)).toISOString();
    return tenantId === replay.tenantId && at >= replay.since && at < replay.until;
  };
  const mayWant = (replay: ReplayRow, event: EventRow): boolean =>
    isAskedFor(replay, event) &&
    patternsOf(replay).some((patterns) => matchesAnyPattern(patterns, event.type));
  const mustWant = (replay: ReplayRow, event: EventRow): boolean =>
    isAskedFor(replay, event) &&
    patternsOf(replay).every((patterns) => matchesAnyPattern(patterns, event.type));
  return {
    committed(commit) {
      if (commit.service !== 'webhook-publisher') return;
      for (const { before, after } of changesOf<SubscriptionRow>(commit, 'subscriptions'))
        if (after && before?.eventTypes !== after.eventTypes)
          versions.set(after.subscriptionId, [...versionsOf(after.subscriptionId), after.eventTypes]);
      for (const { before, after } of changesOf<ReplayRow>(commit, 'replays')) {
        if (!after) continue;
        const newest = versionsOf(after.subscriptionId).length - 1;
        const span = spans.get(after.replayId) ?? { first: newest };
        spans.set(after.replayId, after.status === 'RUNNING' ? span : { last: newest, ...span });
        if (!before) stored.set(after.replayId, rowsOf<EventRow>(publisher, 'events'));
      }
      for (const { before, after } of changesOf<DeliveryRow>(commit, 'deliveries')) {
        if (before || !after || after.replayId === null) continue;
        const what = `${after.replayId} ${after.eventId}`;
        must(!made.has(what), NAME, () => `two deliveries: replay and event ${what}`);
        made.set(what, after);
      }
    },
    atRest() {
      const replays = new Map(rowsOf<ReplayRow>(publisher, 'replays').map((row) => [row.replayId, row]));
      const events = new Map(rowsOf<EventRow>(publisher, 'events').map((row) => [row.eventId, row]));
      const counts = new Map<string, number>();
      for (const { replayId, eventId, subscriptionId } of made.values()) {
        const replay = replays.get(replayId ?? '');
        const event = events.get(eventId);
        add(counts, replayId ?? '', 1);
        must(
          replay?.subscriptionId === subscriptionId && event !== undefined && mayWant(replay, event),
          NAME,
          () => `replay ${replayId} did not want the event ${eventId}`,
        );
      }
      for (const replay of replays.values()) {
        const { replayId, status, scheduled, onlyFailed } = replay;
        must(status !== 'RUNNING', NAME, () => `replay ${replayId} has not ended`);
        must(
          scheduled === (counts.get(replayId) ?? 0),
          NAME,
          () => `replay ${replayId} counts ${scheduled} deliveries and made ${counts.get(replayId)}`,
        );
        if (status !== 'DONE' || onlyFailed === 1) continue;
        for (const event of stored.get(replayId) ?? [])
          must(
            !mustWant(replay, event) || made.has(`${replayId} ${event.eventId}`),
            NAME,
            () => `replay ${replayId} has left out the event ${event.eventId}`,
          );
      }
      const arrived = new Map<string, number>();
      for (const { subscriptionId, eventId, status } of rowsOf<DeliveryRow>(publisher, 'deliveries'))
        if (status === 'DELIVERED') add(arrived, `${subscriptionId} ${eventId}`, 1);
      for (const [what, times] of arrived)
        must(
          (receivers.got.get(what)?.length ?? 0) >= times,
          NAME,
          () => `${times} deliveries of ${what} arrived, and fewer were sent`,
        );
    },
  };
};
