/**
 * `npm run fuzz [-- --seconds 120] [--seed N]`: requests that chance makes of the OpenAPI document, and bytes that it
 * makes of those, against a platform of its own. See docs/testing.md.
 */
import { ensureServerPrograms } from '@comanda/local-infra';
import { campaign } from '../dist/fuzz/campaign.js';
import { optionsOf } from '../dist/fuzz/options.js';
import { optionsOrEnd, say } from '../support/long-run.mjs';

const PER_ROUTE = 100;

const options = optionsOrEnd(optionsOf);

await ensureServerPrograms(say);
const end = performance.now() + options.seconds * 1_000;
const report = await campaign({
  seed: options.seed,
  perRoute: PER_ROUTE,
  ownBroker: true,
  say,
  more: () => performance.now() < end,
});
for (const [route, counts] of [...report.answers.ofRoute].toSorted())
  say(
    `${route}: ${[...counts]
      .toSorted()
      .map(([status, count]) => `${status} x ${count}`)
      .join(', ')}`,
  );
process.stdout.write(
  `\n${[...report.wrong, `${report.answers.count} requests, ${report.wrong.length} faults`].join('\n')}\n`,
);
process.exit(report.wrong.length === 0 ? 0 : 1);
