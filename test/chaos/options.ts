import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import type { Fault } from './fault.js';
import { FAULTS } from './faults/index.js';

const Values = z.object({
  minutes: z.coerce.number('must be a number').positive('must be above 0').default(5),
  seed: z.coerce
    .number('must be a number')
    .int('must be a whole number')
    .min(0, 'must not be negative')
    .max(2 ** 32 - 1, 'must be below 2^32')
    .default(() => randomInt(1_000_000)),
  instances: z.coerce
    .number('must be a number')
    .int('must be a whole number')
    .min(1, 'must be at least 1')
    .max(9, 'must be at most 9')
    .default(2),
  faults: z.string().optional(),
});

export interface ChaosOptions {
  readonly minutes: number;
  readonly seed: number;
  readonly instances: number;
  readonly faults: readonly Fault[];
}

/**
 * `--minutes M --seed N --instances K --faults a,b`, all optional.
 *
 * @throws Error with one line for each problem
 */
export function readOptions(args: readonly string[]): ChaosOptions {
  const option = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...args],
    options: { minutes: option, seed: option, instances: option, faults: option },
  });
  const parsed = Values.safeParse(values);
  if (!parsed.success)
    throw new Error(
      parsed.error.issues.map(({ path, message }) => `--${path.join('.')} ${message}`).join('\n'),
    );
  const { faults, ...numbers } = parsed.data;
  return { ...numbers, faults: faults === undefined ? FAULTS : named(faults.split(',')) };
}

function named(names: readonly string[]): Fault[] {
  const known = new Map(FAULTS.map((fault) => [fault.name, fault]));
  return names.map((name) => {
    const fault = known.get(name);
    if (!fault) throw new Error(`--faults: there is no ${name}; there are ${[...known.keys()].join(', ')}`);
    return fault;
  });
}
