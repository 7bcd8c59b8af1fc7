import type { Fault } from '../fault.js';

/** SIGSTOP for longer than locks (10 s) and most leases (15 s) live; then it goes on as if nothing had happened. */
export const pauseAnInstance: Fault = {
  name: 'pause-an-instance',
  targets: (instances) => instances,
  lasts: [11_000, 25_000],
  async inject(stage, instance) {
    stage.signal(instance, 'SIGSTOP');
    return { heal: async () => stage.signal(instance, 'SIGCONT') };
  },
};
