/**
 * `npm run chaos [-- --minutes 5] [--seed N] [--instances 2] [--customers 20] [--faults kill-an-instance,pause-redis] [--cluster]`: the platform
 * under load while everything fails; afterwards all invariants are checked. See docs/chaos.md.
 */
import { resolve } from 'node:path';
import { ensureServerPrograms } from '@comanda/local-infra';
import { listenForStop } from '../../scripts/dist/stop-signals.js';
import { readOptions } from '../dist/chaos/options.js';
import { manyMachines } from '../dist/chaos/scenes/many-machines.js';
import { oneMachine } from '../dist/chaos/scenes/one-machine.js';
import { soak } from '../dist/chaos/soak.js';
import { allServersOrEnd, optionsOrEnd, say } from '../support/long-run.mjs';

const options = optionsOrEnd(readOptions);

if (options.cluster) await allServersOrEnd();
else await ensureServerPrograms(say);
const ending = new AbortController();
const stop = listenForStop(() => process.exit(130));
stop.first.then(() => {
  say('The faults end here; what happened so far is checked. Once more ends at once.');
  ending.abort();
});
const { table, violations, kept } = await soak({
  ...options,
  setting: options.cluster ? manyMachines : oneMachine,
  under: resolve(import.meta.dirname, '../../.comanda/chaos'),
  say,
  signal: ending.signal,
});
process.stdout.write(`\n${table}\n`);
if (kept !== undefined) process.stdout.write(`\nDatabases and logs are kept in ${kept}\n`);
process.exit(violations.length === 0 ? 0 : 1);
