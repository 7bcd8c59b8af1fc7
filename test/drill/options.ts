import { parseArgs } from 'node:util';
import { z } from 'zod';

/** One after the other; each has its own file here. */
const DRILLS = ['rolling'] as const;

const Values = z.object({
  // The drill logs in once, and a token is good for an hour.
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

export type DrillOptions = z.infer<typeof Values> & { readonly drill: (typeof DRILLS)[number] };

/**
 * `rolling [--minutes M] [--rate R] [--instances K]`.
 *
 * @throws Error with one line for each problem
 */
export function readOptions(args: readonly string[]): DrillOptions {
  const option = { type: 'string' } as const;
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { minutes: option, rate: option, instances: option },
  });
  const drill = DRILLS.find((name) => name === positionals[0]);
  if (!drill || positionals.length > 1) throw new Error(`say which drill: ${DRILLS.join(', ')}`);
  const parsed = Values.safeParse(values);
  if (!parsed.success)
    throw new Error(
      parsed.error.issues.map(({ path, message }) => `--${path.join('.')} ${message}`).join('\n'),
    );
  return { drill, ...parsed.data };
}
