import { parseArgs } from 'node:util';
import { messageOf } from '@comanda/kit';
import { z } from 'zod';
import { FAULTS, type Fault, type FaultPlan, isFault, nameOf, type Strike } from './faults.js';
import type { Plan } from './history.js';
import { MUTATIONS, type Mutation } from './mutations.js';

export interface Request {
  /** The first history's; the next ones count on from it. */
  readonly seed: number | undefined;
  readonly orders: number;
  readonly faults: FaultPlan;
  readonly only: readonly number[] | undefined;
  readonly mutation: Mutation | undefined;
  readonly end: { readonly histories: number } | { readonly seconds: number };
}

export const USAGE = `npm run simulate -- [options]
  --seed N          the first history's seed; without it, a new one that is printed
  --orders K        errands in each history: orders, and now and then a change of stock or price (default 20)
  --faults LIST     all (default), none, or some of: ${FAULTS.join(',')}
  --histories H     how many, with the seeds N, N+1, ... (default 1 with --seed, else 500)
  --seconds S       or: as many as can be run in this time
  --only LIST       of each history only these errands, by number
  --strikes LIST    exactly these faults, like crash@12,duplicate@3, as a shrunk history names them
  --mutation NAME   with one of the deliberate bugs: ${'`'}list${'`'} names them`;

const whole = (least: number, most: number) => z.coerce.number().int().min(least).max(most);

const Options = z.object({
  seed: whole(0, 2 ** 32 - 1).optional(),
  orders: whole(0, 10_000).default(20),
  faults: z
    .string()
    .default('all')
    .transform((text) => (text === 'all' ? FAULTS : text === 'none' ? [] : text.split(',')))
    .refine(
      (names): names is Fault[] => names.every(isFault),
      `must be all, none or some of ${FAULTS.join(', ')}`,
    ),
  histories: whole(1, 1_000_000_000).optional(),
  seconds: whole(1, 1_000_000).optional(),
  only: z
    .string()
    .regex(/^(\d{1,4}(,\d{1,4})*)?$/, 'must be numbers like 3,7')
    .transform((text) => text.split(',').flatMap((part) => (part === '' ? [] : [Number(part)])))
    .optional(),
  strikes: z
    .string()
    .transform((text, context): Strike[] =>
      text
        .split(',')
        .filter((part) => part !== '')
        .flatMap((part) => {
          const [, fault = '', nth = ''] = /^([a-z]+)@(\d+)$/.exec(part) ?? [];
          if (isFault(fault)) return [{ fault, nth: Number(nth) }];
          context.addIssue({ code: 'custom', message: `${part} is not a fault like crash@12` });
          return [];
        }),
    )
    .optional(),
  mutation: z
    .string()
    .transform((name, context): Mutation => {
      const mutation = MUTATIONS.find((one) => one.name === name);
      if (mutation) return mutation;
      const names = MUTATIONS.map((one) => `\n  ${one.name}`).join('');
      context.addIssue({ code: 'custom', message: `must be one of${names}` });
      return z.NEVER;
    })
    .optional(),
});

/** What the arguments ask for, or one line for each that is wrong. */
export function requestOf(args: readonly string[]): Request | { readonly wrong: readonly string[] } {
  let values: unknown;
  try {
    const text = { type: 'string' } as const;
    ({ values } = parseArgs({
      args: [...args],
      options: {
        seed: text,
        orders: text,
        faults: text,
        histories: text,
        seconds: text,
        only: text,
        strikes: text,
        mutation: text,
      },
    }));
  } catch (error) {
    return { wrong: [messageOf(error)] };
  }
  const parsed = Options.safeParse(values);
  if (!parsed.success)
    return { wrong: parsed.error.issues.map(({ path, message }) => `--${path.join('.')}: ${message}`) };
  const { seed, orders, faults, histories, seconds, only, strikes, mutation } = parsed.data;
  return {
    seed,
    orders,
    only,
    mutation,
    faults: strikes ? { strikes } : { kinds: faults },
    end: seconds === undefined ? { histories: histories ?? (seed === undefined ? 500 : 1) } : { seconds },
  };
}

/** The command that replays exactly this history. */
export function commandOf({ seed, orders, only, faults }: Plan, mutation?: Mutation): string {
  const words = ['npm run simulate --', `--seed ${seed}`, `--orders ${orders}`];
  if (only) words.push(`--only ${only.length === 0 ? "''" : only.join()}`);
  if ('strikes' in faults)
    words.push(`--strikes ${faults.strikes.length === 0 ? "''" : faults.strikes.map(nameOf).join()}`);
  else if (faults.kinds.length < FAULTS.length) words.push(`--faults ${faults.kinds.join() || 'none'}`);
  if (mutation) words.push(`--mutation '${mutation.name}'`);
  return words.join(' ');
}
