const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
/** The day of the week says nothing that the date does not say. */
const DAY = '(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,\\s*)';
const TIME = '(?<hour>\\d{2}):(?<minute>\\d{2}):(?<second>\\d{2})';
const date = (pattern: string): RegExp => new RegExp(`^${pattern}$`, 'i');
const DATE_FORMS = [
  // Sun, 06 Nov 1994 08:49:37 GMT
  date(`${DAY}(?<day>\\d{2}) (?<month>[a-z]{3}) (?<year>\\d{4}) ${TIME} GMT`),
  // Sunday, 06-Nov-94 08:49:37 GMT
  date(`${DAY}(?<day>\\d{2})-(?<month>[a-z]{3})-(?<year>\\d{2}) ${TIME} GMT`),
  // Sun Nov  6 08:49:37 1994
  date(`(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (?<month>[a-z]{3}) (?<day>[ \\d]\\d) ${TIME} (?<year>\\d{4})`),
];
/** What a proxy made of several headers: at a comma, but not at the one behind a day. */
const BETWEEN_VALUES = /(?<!\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*)\s*,\s*/i;

export interface Wish {
  /** Until when the receiver asks us to wait, in milliseconds since the epoch. */
  readonly until?: number;
  /** The values that say neither seconds nor a date. */
  readonly notUnderstood: readonly string[];
}

/**
 * What `Retry-After` asks for: seconds, or a date in one of the three forms of HTTP. Of several values the latest
 * counts. No number of seconds is too large to be understood: whoever obeys has a limit.
 *
 * @param values the headers as they came
 * @see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
export function readRetryAfter(values: readonly string[], now: number): Wish {
  const read = values.flatMap((value) =>
    value
      .trim()
      .split(BETWEEN_VALUES)
      .map((text) => ({ text, until: instantOf(text, now) })),
  );
  const understood = read.flatMap(({ until }) => (until === undefined ? [] : [until]));
  return {
    ...(understood.length > 0 && { until: Math.max(...understood) }),
    notUnderstood: read.filter(({ until }) => until === undefined).map(({ text }) => text),
  };
}

function instantOf(text: string, now: number): number | undefined {
  if (/^\d+$/.test(text)) return now + Number(text) * 1000;
  for (const form of DATE_FORMS) {
    const parts = form.exec(text)?.groups;
    if (parts) return dateOf(parts, now);
  }
  return undefined;
}

function dateOf(parts: Readonly<Record<string, string>>, now: number): number | undefined {
  const { year = '', month = '', day, hour, minute, second } = parts;
  const monthIndex = MONTHS.indexOf(month.toLowerCase());
  if (monthIndex < 0 || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return undefined;
  const at = (fullYear: number) =>
    Date.UTC(fullYear, monthIndex, Number(day), Number(hour), Number(minute), Number(second));
  const fullYear = year.length === 4 ? Number(year) : nearestYear(Number(year), now, at);
  const midnight = new Date(Date.UTC(fullYear, monthIndex, Number(day)));
  return midnight.getUTCMonth() === monthIndex && midnight.getUTCDate() === Number(day)
    ? at(fullYear)
    : undefined;
}

/** Two digits mean the year that is at most 50 years ahead, and not further back than it must be (RFC 9110, 5.6.7). */
function nearestYear(twoDigits: number, now: number, at: (year: number) => number): number {
  const thisYear = new Date(now).getUTCFullYear();
  const inFiftyYears = new Date(now).setUTCFullYear(thisYear + 50);
  const year = thisYear - (thisYear % 100) + twoDigits;
  return [year + 100, year].find((one) => at(one) <= inFiftyYears) ?? year - 100;
}
