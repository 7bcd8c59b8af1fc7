/**
 * `npm run compat [-- --from REF] [--minutes 10] [--rate 200] [--instances 3]`: the release before this one and this one side
 * by side, under load; exits 1 when a client noticed anything. See docs/upgrades.md.
 */
import { mixedReleases } from '../dist/compat/mixed-releases.js';
import { readOptions } from '../dist/compat/options.js';
import { optionsOrEnd } from '../support/long-run.mjs';
import { noticed } from '../support/noticed.mjs';

const options = optionsOrEnd(readOptions);
await noticed((say) => mixedReleases(options, say));
