import { setTimeout as pause } from 'node:timers/promises';
import { type Fault, POSTGRES } from '../fault.js';

/** kill -9 of the PostgreSQL that takes writes; its standby takes its place, and gets one of its own later. */
export const killThePrimary: Fault = {
  name: 'kill-the-primary',
  targets: () => [POSTGRES],
  lasts: [1_000, 20_000],
  async inject({ installation: { postgresPair } }, _, random) {
    await postgresPair.kill();
    const noticedAfterMs = random.between(0, 5_000);
    await pause(noticedAfterMs);
    await postgresPair.failOver();
    return {
      detail: `the standby took its place after ${(noticedAfterMs / 1000).toFixed(1)} s`,
      heal: () => postgresPair.joinStandby(),
    };
  },
};
