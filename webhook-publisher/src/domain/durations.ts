/** How many attempts took how long: by the number of a class, each of which reaches a fifth further than the one before. */
export type Durations = Readonly<Record<string, number>>;

const STEP = Math.log(1.2);

/** With one more, in milliseconds. */
export function withDuration(durations: Durations, ms: number): Durations {
  const number = String(Math.max(0, Math.ceil(Math.log(Math.max(1, ms)) / STEP - 1e-9)));
  return { ...durations, [number]: (durations[number] ?? 0) + 1 };
}

/** Those of several hours together. */
export function allDurations(several: readonly Durations[]): Durations {
  const sums: Record<string, number> = {};
  for (const durations of several)
    for (const [number, count] of Object.entries(durations)) sums[number] = (sums[number] ?? 0) + count;
  return sums;
}

/**
 * How long so many of a hundred took at most, in milliseconds: the end of the class in which that one is, so never too low and
 * up to a fifth too high. `undefined` when there are none.
 */
export function percentile(durations: Durations, ofHundred: number): number | undefined {
  const classes = Object.entries(durations)
    .map(([number, count]) => ({ number: Number(number), count }))
    .sort((one, other) => one.number - other.number);
  const all = classes.reduce((sum, { count }) => sum + count, 0);
  let left = (all * ofHundred) / 100;
  for (const { number, count } of classes) {
    left -= count;
    if (left <= 1e-9) return Math.round(Math.exp(number * STEP));
  }
  return undefined;
}
