import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { z } from 'zod';

const whole = (least: number, most: number) =>
  z.coerce
    .number('must be a number')
    .int('must be a whole number')
    .min(least, `must be at least ${least}`)
    .max(most, `must be at most ${most}`);

const Options = z.object({
  seconds: whole(1, 1_000_000).default(60),
  seed: whole(0, 2 ** 31 - 1).default(() => randomInt(2 ** 31)),
});

/**
 * `--seconds S --seed N`, both optional.
 *
 * @throws Error with one line for each problem
 */
export function optionsOf(args: readonly string[]): z.infer<typeof Options> {
  const option = { type: 'string' } as const;
  const { values } = parseArgs({ args: [...args], options: { seconds: option, seed: option } });
  const parsed = Options.safeParse(values);
  if (parsed.success) return parsed.data;
  throw new Error(
    parsed.error.issues.map(({ path, message }) => `--${path.join('.')} ${message}`).join('\n'),
  );
}
