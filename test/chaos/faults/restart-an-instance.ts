import type { Fault } from '../fault.js';

/** SIGTERM, as each deployment does it: what is in hand is finished. */
export const restartAnInstance: Fault = {
  name: 'restart-an-instance',
  targets: (instances) => instances,
  lasts: [0, 3_000],
  async inject(stage, instance) {
    await stage.stop(instance);
    return { heal: () => stage.start(instance) };
  },
};
