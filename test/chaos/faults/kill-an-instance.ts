import { setTimeout as pause } from 'node:timers/promises';
import type { Fault } from '../fault.js';

/**
 * kill -9, as a power cut would do it; it is down for a while and starts again on the same data. Sometimes it is held up
 * first, so that it dies a few milliseconds after its backlog arrived, with its hands full.
 */
export const killAnInstance: Fault = {
  name: 'kill-an-instance',
  targets: (instances) => instances,
  lasts: [200, 8_000],
  async inject(stage, instance, random) {
    const full = random.next() < 0.7;
    if (full) {
      stage.signal(instance, 'SIGSTOP');
      await pause(random.between(1_000, 4_000));
      stage.signal(instance, 'SIGCONT');
      await pause(random.between(1, 60));
    }
    await stage.kill(instance);
    return { ...(full && { detail: 'with its hands full' }), heal: () => stage.start(instance) };
  },
};
