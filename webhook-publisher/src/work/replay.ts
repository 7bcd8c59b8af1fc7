import { matchesAnyPattern, smallestIdOf } from '@comanda/contracts';
import { defineWork, type Job } from '@comanda/messaging';
import type { Database } from '@comanda/storage';
import { z } from 'zod';
import { pauseAfter, REPLAY_PACE, type ReplayPace, replayRoom } from '../domain/replay-pace.js';
import { pageOfReplay, type ReplayPage } from '../domain/replay-page.js';
import { endReplay } from '../effects/end-replay.js';
import { scheduleDelivery } from '../effects/schedule-delivery.js';
import { REPLAY, scheduleReplay } from '../effects/schedule-replay.js';
import { type Replay, replays, type Subscription, subscriptions } from '../storage/tables.js';
import type { ReplayedEvents, StoredEvent } from './replayed-events.js';

const HOUR_MS = 3_600_000;

export interface ReplayOptions {
  readonly database: Pick<Database, 'of'>;
  readonly events: ReplayedEvents;
  /** How long an event is kept that has no delivery any more. */
  readonly keptDays: number;
  readonly clock: () => Date;
  readonly pace?: ReplayPace;
}

/** A page, and how many events there was room for in it; none when the replay does not go on. */
type Looked = (ReplayPage<StoredEvent> & { readonly room: number }) | undefined;

/**
 * Takes a replay one page further: the next stored events that it wants get a delivery each, in one transaction with its
 * new position, and only while the lease holds. Whatever dies in between, no event is left out and none gets two.
 */
export const replay = (options: ReplayOptions) => {
  const { pace = REPLAY_PACE } = options;
  return defineWork({
    kind: REPLAY,
    payload: z.unknown(),
    leaseSeconds: 30,
    concurrency: 4,
    run: (job) => look(job, { pace, ...options }),
    needs: ({ tenantId, id }) => ({ replay: replays.lock(tenantId, id) }),
    thenNeeds: ({ tenantId }, _looked, rows) => ({
      subscription: subscriptions.read(tenantId, rows.replay?.subscriptionId ?? ''),
    }),
    decide({ tenantId }, looked, { replay, subscription }, { now, newId }) {
      if (replay?.status !== 'RUNNING') return [];
      const stopped = whyNot(subscription);
      if (stopped !== undefined) return [endReplay(replay, 'FAILED', now, stopped)];
      if (!looked) throw new Error(`replay ${replay.replayId} runs, and no page of it was looked at`);
      const { chosen, skipped, position = replay.position, isLast, room } = looked;
      const deliveries = chosen.flatMap(({ eventId, type: eventType, orderId }) =>
        scheduleDelivery(
          {
            ...{ tenantId, deliveryId: newId(), subscriptionId: replay.subscriptionId },
            ...{ eventId, eventType, orderId, status: 'PENDING', nextAttemptAt: now, createdAt: now },
            replayId: replay.replayId,
          },
          now,
          { failures: 0, manual: false },
        ),
      );
      const further = {
        ...replay,
        position,
        scheduled: replay.scheduled + chosen.length,
        skipped: replay.skipped + skipped,
      };
      if (isLast) return [...deliveries, endReplay(further, 'DONE', now)];
      const dueAt = new Date(Date.parse(now) + pauseAfter(room, chosen.length, pace)).toISOString();
      return [...deliveries, ...scheduleReplay(further, dueAt)];
    },
  });
};

async function look(
  { id, tenantId }: Job<unknown>,
  { database, events, keptDays, clock, pace }: Required<ReplayOptions>,
): Promise<Looked> {
  const reader = database.of(tenantId);
  const replay = await reader.find(replays.read(tenantId, id));
  if (!replay) throw new Error(`replay ${id} is gone`);
  const subscription = await reader.find(subscriptions.read(tenantId, replay.subscriptionId));
  if (replay.status !== 'RUNNING' || !subscription || whyNot(subscription) !== undefined) return undefined;
  const room = replayRoom(await events.waiting(replay, pace.maxWaiting), pace);
  // What housekeeping may remove before this page is decided upon has gone already.
  const oldest = smallestIdOf(clock().getTime() - keptDays * 24 * HOUR_MS + HOUR_MS);
  const position = [replay.position, oldest].toSorted().at(-1) ?? oldest;
  const found = await events.next(
    { ...replay, position },
    smallestIdOf(Date.parse(replay.until)),
    pace.lookAt,
  );
  return {
    room,
    ...pageOfReplay(found, { asked: pace.lookAt, room, isWanted: wantedBy(replay, subscription) }),
  };
}

const wantedBy =
  ({ onlyFailed, eventTypes }: Replay, subscription: Subscription) =>
  ({ type, hasFailed }: StoredEvent): boolean =>
    (hasFailed || !onlyFailed) && matchesAnyPattern(eventTypes ?? subscription.eventTypes, type);

/** Why nothing more is sent to the subscription, if it is so. */
function whyNot(subscription: Subscription | undefined): string | undefined {
  if (!subscription || subscription.deleted) return 'The subscription was deleted';
  if (subscription.enabled) return undefined;
  return `The subscription is disabled: ${subscription.disabledReason ?? 'by hand'}`;
}
