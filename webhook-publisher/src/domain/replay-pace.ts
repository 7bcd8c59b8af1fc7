/** How fast a replay goes: what happens now must not wait behind hours of what was. */
export interface ReplayPace {
  /** How many events get a delivery in one second, on average. */
  readonly perSecond: number;
  /** While so many deliveries wait for the subscription, no further one is added. */
  readonly maxWaiting: number;
  /** How many events one page looks at. */
  readonly lookAt: number;
}

export const REPLAY_PACE: ReplayPace = { perSecond: 100, maxWaiting: 1_000, lookAt: 1_000 };

/** How long a replay waits for deliveries that wait. */
const PATIENCE_MS = 1_000;

/** How many events may be given a delivery now, when so many wait already. */
export const replayRoom = (waiting: number, { perSecond, maxWaiting }: ReplayPace): number =>
  Math.max(0, Math.min(perSecond, maxWaiting - waiting));

/** How long after a page the next one comes, in milliseconds: one that gave no event a delivery costs the receiver nothing. */
export const pauseAfter = (room: number, scheduled: number, { perSecond }: ReplayPace): number =>
  room === 0 ? PATIENCE_MS : Math.ceil((scheduled * 1_000) / perSecond);
