import { afterAll, beforeAll } from '@jest/globals';
import { Installation, type InstallationOptions } from './installation.js';

/**
 * An installation that is started before the tests of this suite and stopped after them.
 * Hooks run in the order in which they are written: what must end before it has its `afterAll` above this call.
 *
 * @param options a function when they need what is only there once the tests run
 */
export function useInstallation(
  options: InstallationOptions | (() => Promise<InstallationOptions>) = {},
): Installation {
  const installation = new Installation();
  beforeAll(async () => {
    await installation.start(typeof options === 'function' ? await options() : options);
  }, 180_000);
  afterAll(() => installation.stop(), 60_000);
  return installation;
}
