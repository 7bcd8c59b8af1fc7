import { accept, checkPattern, EVENT_TYPES, refuse, StartReplay, smallestIdOf } from '@comanda/contracts';
import { on, respond } from '@comanda/messaging';
import { scheduleReplay } from '../effects/schedule-replay.js';
import { replays, subscriptions } from '../storage/tables.js';
import { replayView } from '../views/replay-view.js';

/** One replay of a subscription runs at a time: who holds its row finds the one that runs. */
export const startReplay = on(StartReplay, 'start replay', {
  needs: ({ tenantid, data }) => ({
    existing: replays.lock(tenantid, data.replayId),
    subscription: subscriptions.lock(tenantid, data.subscriptionId),
  }),
  thenNeeds: ({ tenantid, data }) => ({
    running: replays.readAll({ tenantId: tenantid, runningFor: data.subscriptionId }),
  }),
  decide: ({ tenantid, data }, { existing, subscription, running }, { now }) => {
    const { replayId, subscriptionId, since, until = now, eventTypes = null, onlyFailed } = data;
    if (!subscription || subscription.deleted)
      return [respond(refuse(404, 'UNKNOWN_SUBSCRIPTION', `There is no subscription ${subscriptionId}.`))];
    if (existing) return [respond(accept(replayView(existing)))];
    if (!subscription.enabled)
      return [
        respond(
          refuse(
            409,
            'SUBSCRIPTION_DISABLED',
            'Nothing is sent to a disabled subscription. Enable it first.',
          ),
        ),
      ];
    const [other] = running;
    if (other)
      return [
        respond(
          refuse(
            409,
            'REPLAY_RUNNING',
            `The replay ${other.replayId} is running. Wait for it, or cancel it.`,
          ),
        ),
      ];
    if (since >= until) return [respond(refuse(400, 'BAD_RANGE', `since: must be before ${until}`))];
    for (const [at, pattern] of (eventTypes ?? []).entries()) {
      const check = checkPattern(pattern, EVENT_TYPES);
      if (check.kind === 'refused')
        return [respond(refuse(400, 'UNKNOWN_EVENT_TYPE', `eventTypes[${at}]: ${check.reason}`))];
    }
    const replay = {
      ...{ tenantId: tenantid, replayId, subscriptionId, status: 'RUNNING' as const },
      ...{ since, until, eventTypes, onlyFailed, position: smallestIdOf(Date.parse(since)) },
      ...{
        scheduled: 0,
        skipped: 0,
        reason: null,
        createdAt: now,
        endedAt: null,
        runningFor: subscriptionId,
      },
    };
    return [...scheduleReplay(replay, now), respond(accept(replayView(replay)))];
  },
});
