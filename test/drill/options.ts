import { parseArgs } from 'node:util';
import { z } from 'zod';

/** One after the other; each has its own file here. */
const DRILLS = ['rolling', 'reads'] as const;

/** Of everything that happens to a running installation under steady load. */
const Values = z.object({
  // Its customers log in once, and a token is good for an hour.
  minutes: z.coerce
    .number('must be a number')
    .positive('must be above 0')
    .max(50, 'must be at most 50')
    .default(10),
  rate: z.coerce.number('must be a number').positive('must be above 0').default(200),
  instances: z.coerce
    .number('must be a number')
    .int('must be a whole number')
    .min(2, 'must be at least 2: one goes on while the other is restarted')
    .max(9, 'must be at most 9')
    .default(3),
});

export type LoadOptions = z.infer<typeof Values>;
export type DrillOptions = LoadOptions & { readonly drill: (typeof DRILLS)[number] };

/**
 * `rolling|reads [--minutes M] [--rate R] [--instances K]`.
 *
 * @throws Error with one line for each problem
 */
export function readOptions(args: readonly string[]): DrillOptions {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: WORDS });
  const drill = DRILLS.find((name) => name === positionals[0]);
  if (!drill || positionals.length > 1) throw new Error(`say which drill: ${DRILLS.join(', ')}`);
  return { drill, ...loadOptions(values) };
}

const option = { type: 'string' } as const;
/** The words of a command line that `loadOptions` reads. */
export const WORDS = { minutes: option, rate: option, instances: option };

/** @throws Error with one line for each problem */
export function loadOptions(values: Readonly<Record<string, unknown>>): LoadOptions {
  const parsed = Values.safeParse(values);
  if (parsed.success) return parsed.data;
  throw new Error(
    parsed.error.issues.map(({ path, message }) => `--${path.join('.')} ${message}`).join('\n'),
  );
}
