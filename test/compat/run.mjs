/**
 * `npm run compat [-- --from REF] [--minutes 10] [--rate 200] [--instances 3]`: the release before this one and this one side
 * by side, under load; exits 1 when a client noticed anything. See docs/upgrades.md.
 */
import { buildRelease } from '../dist/compat/build-release.js';
import { mixedReleases } from '../dist/compat/mixed-releases.js';
import { readOptions } from '../dist/compat/options.js';
import { optionsOrEnd, say } from '../support/long-run.mjs';
import { noticed } from '../support/noticed.mjs';

const { from, ...load } = optionsOrEnd(readOptions);
const older = await buildRelease(from, say).catch((error) => {
  say(error.message);
  process.exit(1);
});
await noticed((say) => mixedReleases(older, load, say));
