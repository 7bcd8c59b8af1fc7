/**
 * `npm run drill -- rolling|cluster [--minutes 10] [--rate 200|30] [--instances 3]`: what operators do to a running installation, done
 * and what happens to its brokers, under load; exits 1 when a client noticed more than may be. See docs/testing.md.
 */
import { clusterDrill } from '../dist/drill/cluster-drill.js';
import { readOptions } from '../dist/drill/options.js';
import { rollingDrill } from '../dist/drill/rolling-drill.js';
import { optionsOrEnd } from '../support/long-run.mjs';
import { noticed } from '../support/noticed.mjs';

const DRILLS = { rolling: rollingDrill, cluster: clusterDrill };
const options = optionsOrEnd(readOptions);
await noticed((say) => DRILLS[options.drill](options, say));
