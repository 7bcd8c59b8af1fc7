import { parseArgs } from 'node:util';
import { z } from 'zod';

/** One after the other; each has its own file here. */
const DRILLS = ['rolling', 'reads', 'cluster', 'restore'] as const;

/** Orders a second, when nothing else is said: three brokers share the processor with those whom they serve. */
const RATES: Readonly<Record<'rolling' | 'reads' | 'cluster', number>> = {
  rolling: 200,
  reads: 60,
  cluster: 30,
};

/** Of everything that happens to a running installation under steady load. */
const Values = z.object({
  // Its customers log in once, and a token is good for an hour.
  minutes: z.coerce
    .number('must be a number')
    .positive('must be above 0')
    .max(50, 'must be at most 50')
    .default(10),
  rate: z.coerce.number('must be a number').positive('must be above 0').default(RATES.rolling),
  instances: z.coerce
    .number('must be a number')
    .int('must be a whole number')
    .min(2, 'must be at least 2: one goes on while the other is restarted')
    .max(9, 'must be at most 9')
    .default(3),
});

export type LoadOptions = z.infer<typeof Values>;

const whole = z.coerce.number('must be a number').int('must be a whole number');

const RestoreValues = z.object({
  rounds: whole.min(1, 'must be at least 1').max(60, 'must be at most 60').default(20),
  on: z.enum(['sqlite', 'postgres'], { error: 'must be sqlite or postgres' }).default('sqlite'),
  seed: whole.min(0, 'must be at least 0').optional(),
});
export type RestoreOptions = z.infer<typeof RestoreValues>;

export type DrillOptions =
  | (LoadOptions & { readonly drill: 'rolling' | 'reads' | 'cluster' })
  | (RestoreOptions & { readonly drill: 'restore' });

/**
 * `rolling`, `reads` or `cluster`, and `[--minutes M] [--rate R] [--instances K]`; or `restore [--rounds N] [--on sqlite|postgres] [--seed N]`.
 *
 * @throws Error with one line for each problem
 */
export function readOptions(args: readonly string[]): DrillOptions {
  const [first = '', ...others] = args;
  const drill = DRILLS.find((name) => name === first);
  if (!drill) throw new Error(`say which drill: ${DRILLS.join(', ')}`);
  const { values } = parseArgs({ args: others, options: drill === 'restore' ? RESTORE_WORDS : WORDS });
  return drill === 'restore'
    ? { drill, ...optionsOf(RestoreValues, values) }
    : { drill, ...loadOptions({ rate: RATES[drill], ...values }) };
}

const option = { type: 'string' } as const;
/** The words of a command line that `loadOptions` reads. */
export const WORDS = { minutes: option, rate: option, instances: option };
const RESTORE_WORDS = { rounds: option, on: option, seed: option };

/** @throws Error with one line for each problem */
export const loadOptions = (values: Readonly<Record<string, unknown>>): LoadOptions =>
  optionsOf(Values, values);

function optionsOf<S extends z.ZodType>(schema: S, values: Readonly<Record<string, unknown>>): z.output<S> {
  const parsed = schema.safeParse(values);
  if (parsed.success) return parsed.data;
  throw new Error(
    parsed.error.issues.map(({ path, message }) => `--${path.join('.')} ${message}`).join('\n'),
  );
}
