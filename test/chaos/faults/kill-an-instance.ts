import type { Fault } from '../fault.js';

/** kill -9, as a power cut would do it; it is away for a while and comes back on the same data. */
export const killAnInstance: Fault = {
  name: 'kill-an-instance',
  targets: (instances) => instances,
  lasts: [200, 8_000],
  async inject(stage, instance) {
    await stage.kill(instance);
    return { heal: () => stage.start(instance) };
  },
};
