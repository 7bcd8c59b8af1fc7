import { tmpdir } from 'node:os';
import { describe, expect, it } from '@jest/globals';
import { FAULTS } from './faults/index.js';
import { oneMachine } from './scenes/one-machine.js';
import { soak } from './soak.js';

/** One whose plan has every kind of fault in less than a minute. `npm run chaos` takes others, and more time. */
const SEED = 1;
const MINUTES = 0.8;
const EVERY_KIND = [...new Set(FAULTS)];

const say = (line: string): boolean => process.stderr.write(`${line}\n`);

describe('a minute of chaos', () => {
  it(`loses nothing and does nothing twice (seed ${SEED})`, async () => {
    const report = await soak({
      seed: SEED,
      minutes: MINUTES,
      faults: EVERY_KIND,
      instances: 2,
      setting: oneMachine,
      customers: 8,
      under: tmpdir(),
      say,
    });
    say(
      `\n${report.table}\n${report.kept === undefined ? '' : `\nDatabases and logs are kept in ${report.kept}`}`,
    );
    expect(report.violations).toEqual([]);
    // It was a soak indeed.
    expect(new Set(report.injected.keys())).toEqual(new Set(EVERY_KIND.map(({ name }) => name)));
    expect(report.accepted).toBeGreaterThan(10);
  }, 900_000);
});
