/**
 * `npm run drill -- rolling|reads [--minutes 10] [--rate 200] [--instances 3]`: what operators do to a running installation, done
 * under load; exits 1 when a client noticed anything. See docs/testing.md.
 */
import { readOptions } from '../dist/drill/options.js';
import { readsDrill } from '../dist/drill/reads-drill.js';
import { rollingDrill } from '../dist/drill/rolling-drill.js';
import { optionsOrEnd } from '../support/long-run.mjs';
import { noticed } from '../support/noticed.mjs';

const DRILLS = { rolling: rollingDrill, reads: readsDrill };
const options = optionsOrEnd(readOptions);
await noticed((say) => DRILLS[options.drill](options, say));
