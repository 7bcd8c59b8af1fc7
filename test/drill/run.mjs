/**
 * `npm run drill -- rolling [--minutes 10] [--rate 200] [--instances 3]`: what operators do to a running installation, done
 * under load; exits 1 when a client noticed anything. `npm run drill -- reads [--rate 60] [--instances 3]`: orders are read at other gateways
 * than accepted them, also without Redis. `npm run drill -- cluster [--minutes 10] [--rate 30] [--instances 3]`: what
 * happens to its brokers; exits 1 when clients noticed more than may be. `npm run drill -- restore [--rounds 20] [--on sqlite] [--seed N]`: all
 * is lost and restored from a backup; exits 1 when the books are wrong, or the audit misses an order. See docs/testing.md.
 */
import { clusterDrill } from '../dist/drill/cluster-drill.js';
import { readOptions } from '../dist/drill/options.js';
import { readsDrill } from '../dist/drill/reads-drill.js';
import { restoreDrill } from '../dist/drill/restore-drill.js';
import { rollingDrill } from '../dist/drill/rolling-drill.js';
import { optionsOrEnd } from '../support/long-run.mjs';
import { noticed } from '../support/noticed.mjs';

const DRILLS = {
  rolling: [rollingDrill, { well: 'Nobody noticed.', ill: 'Clients noticed.' }],
  reads: [readsDrill, { well: 'Each was known.', ill: 'Clients noticed.' }],
  cluster: [clusterDrill, { well: 'All went on as it must.', ill: 'Not all went on as it must.' }],
  restore: [restoreDrill, { well: 'All is as it was at each backup.', ill: 'Restores went wrong.' }],
};
const options = optionsOrEnd(readOptions);
const [drill, words] = DRILLS[options.drill];
await noticed((say) => drill(options, say), words);
