import { armCrash, crashPointOf } from '@comanda/messaging';
import { runMain } from '@comanda/test-kit';
import { Instance } from './service.js';

/** An instance of the test service as a process of its own, which dies at the failpoint that is named. */
await runMain(async (options: { rabbitUrl: string; file: string; crashAt: string }) => {
  const point = crashPointOf(options.crashAt);
  if (!point) throw new Error(`${options.crashAt} is no failpoint`);
  armCrash(point);
  const instance = await Instance.start(options);
  return () => instance.close();
});
