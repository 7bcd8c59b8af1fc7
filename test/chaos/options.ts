import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import type { Fault } from './fault.js';
import { CLUSTER_FAULTS, FAULTS } from './faults/index.js';

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
  customers: z.coerce
    .number('must be a number')
    .int('must be a whole number')
    .min(1, 'must be at least 1')
    .max(200, 'must be at most 200')
    .default(20),
  faults: z.string().optional(),
  cluster: z.boolean().default(false),
});

export interface ChaosOptions {
  readonly minutes: number;
  readonly seed: number;
  readonly instances: number;
  /** How many place orders at the same time. */
  readonly customers: number;
  /** Three brokers, a standby, three gateways behind an edge, in the place of one machine. */
  readonly cluster: boolean;
  readonly faults: readonly Fault[];
}

/**
 * `--minutes M --seed N --instances K --customers C --faults a,b --cluster`, all optional.
 *
 * @throws Error with one line for each problem
 */
export function readOptions(args: readonly string[]): ChaosOptions {
  const option = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: option,
      seed: option,
      instances: option,
      customers: option,
      faults: option,
      cluster: { type: 'boolean' },
    },
  });
  const parsed = Values.safeParse(values);
  if (!parsed.success)
    throw new Error(
      parsed.error.issues.map(({ path, message }) => `--${path.join('.')} ${message}`).join('\n'),
    );
  const { faults, ...numbers } = parsed.data;
  const all = numbers.cluster ? CLUSTER_FAULTS : FAULTS;
  return { ...numbers, faults: faults === undefined ? all : named(faults.split(','), all) };
}

function named(names: readonly string[], all: readonly Fault[]): Fault[] {
  const known = new Map(all.map((fault) => [fault.name, fault]));
  return names.map((name) => {
    const fault = known.get(name);
    if (!fault) throw new Error(`--faults: there is no ${name}; there are ${[...known.keys()].join(', ')}`);
    return fault;
  });
}
