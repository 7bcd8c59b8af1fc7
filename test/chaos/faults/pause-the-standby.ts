import { type Fault, POSTGRES } from '../fault.js';

/** A standby that does not answer: what is committed waits for it, and clients are told to come back. */
export const pauseTheStandby: Fault = {
  name: 'pause-the-standby',
  targets: () => [POSTGRES],
  lasts: [1_000, 10_000],
  async inject({ installation: { postgresPair } }) {
    await postgresPair.pauseStandby();
    return { heal: () => postgresPair.resumeStandby() };
  },
};
