import { messageOf } from '@comanda/kit';
import { pc } from './colours.js';
import { createShutDown, type ShutDown } from './shut-down.js';
import { listenForStop, type StopSignals } from './stop-signals.js';
import { print, say } from './terminal.js';

/**
 * Brings something up and keeps it until somebody wants it to end; resolves with the exit code. When the wish comes
 * while things are on their way up, they are killed as this process exits.
 */
export async function runUntilStopped(
  bringUp: (shutDown: ShutDown, stop: StopSignals) => Promise<void>,
): Promise<number> {
  const shutDown = createShutDown();
  const stop = listenForStop(() => process.exit(130));
  try {
    await Promise.race([bringUp(shutDown, stop), stop.first]);
  } catch (error) {
    print(`\n${pc.red(messageOf(error))}`);
    await shutDown.run();
    return 1;
  }
  const wish = await stop.first;
  say(`Draining after ${wish}: gateway, services, the rest (again: at once)`);
  const clean = await shutDown.run();
  say(clean ? 'Stopped' : 'Stopped, with the trouble above');
  return clean ? 0 : 1;
}
