/**
 * `npm run drill -- rolling [--minutes 10] [--rate 200] [--instances 3]`: what operators do to a running installation, done
 * under load; exits 1 when a client noticed anything. See docs/testing.md.
 */
import { listenForStop } from '../../scripts/dist/stop-signals.js';
import { readOptions } from '../dist/drill/options.js';
import { rollingDrill } from '../dist/drill/rolling-drill.js';
import { allServersOrEnd, optionsOrEnd, say } from '../support/long-run.mjs';

const options = optionsOrEnd(readOptions);

await allServersOrEnd();
void listenForStop(() => process.exit(130)).first.then(() => process.exit(130));
const DRILLS = { rolling: rollingDrill };
const wrong = await DRILLS[options.drill](options, say);
for (const line of wrong) process.stdout.write(`${line}\n`);
process.stdout.write(wrong.length === 0 ? 'Nobody noticed.\n' : 'Clients noticed.\n');
process.exit(wrong.length === 0 ? 0 : 1);
