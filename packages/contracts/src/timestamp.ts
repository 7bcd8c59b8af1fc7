import { z } from 'zod';

const TIME = '([01]\\d|2[0-3]):([0-5]\\d)';
const RFC_3339 = new RegExp(
  `^(\\d{4})-(\\d\\d)-(\\d\\d)[Tt ]${TIME}:([0-5]\\d|60)(?:\\.(\\d+))?(?:[Zz]|([+-])${TIME})$`,
);
const LATEST = Date.UTC(9999, 11, 31, 23, 59, 59, 999);
/** Of the year 0000. */
const EARLIEST = -62_167_219_200_000;
const MINUTE_MS = 60_000;

/** A moment: whole milliseconds since 1970, and whether there is a rest, because it was written more exactly. */
interface Moment {
  readonly ms: number;
  readonly rest: boolean;
}

/** Reads any form of RFC 3339; `undefined` for what is none, for days that don't exist, and for years beyond 0 to 9999 in UTC. */
export function momentOf(text: string): Moment | undefined {
  const found = text.length <= 64 ? RFC_3339.exec(text) : null;
  if (!found) return undefined;
  const [, year, month, day, hour, minute, second, fraction = '', sign, offsetHour, offsetMinute] = found;
  // Not Date.UTC: it takes the years 0 to 99 for 1900 to 1999.
  const midnight = new Date(0).setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  if (new Date(midnight).getUTCDate() !== Number(day) || month === '00' || Number(month) > 12)
    return undefined;
  const offset = (Number(offsetHour ?? 0) * 60 + Number(offsetMinute ?? 0)) * (sign === '-' ? -1 : 1);
  const toTheSecond =
    midnight + (Number(hour) * 60 + Number(minute) - offset) * MINUTE_MS + Number(second) * 1000;
  // A leap second ends a month in UTC. Like every clock of ours it counts as the first second of the next month.
  if (second === '60' && !/-01T00:00:00/.test(new Date(toTheSecond).toISOString())) return undefined;
  const ms = toTheSecond + Number(fraction.slice(0, 3).padEnd(3, '0'));
  return ms < EARLIEST || ms > LATEST ? undefined : { ms, rest: /[1-9]/.test(fraction.slice(3)) };
}

const KEPT_LENGTH = '2026-01-31T09:00:00.000Z'.length;
/** The one that was seen last: each is looked at twice, and what one commit tells has one time. */
let kept = '';

/** Whether a time has the form in which we keep all of them; nearly all that are read have, and need nothing more. */
function isKept(text: string): boolean {
  if (text === kept) return true;
  if (text.length !== KEPT_LENGTH) return false;
  const ms = Date.parse(text);
  if (Number.isNaN(ms) || new Date(ms).toISOString() !== text) return false;
  kept = text;
  return true;
}

const timestamp = (whole: (moment: Moment) => number) =>
  z
    .string()
    .check(({ value, issues }) => {
      if (isKept(value) || momentOf(value)) return;
      const message =
        'must be a time with its offset, such as 2026-01-31T09:00:00Z or 2026-01-31T10:00:00+01:00 (in a URL, write + as %2B)';
      issues.push({ code: 'custom', message, input: value });
    })
    .overwrite((value) => {
      if (isKept(value)) return value;
      const moment = momentOf(value);
      return moment ? new Date(whole(moment)).toISOString() : value;
    })
    .meta({ format: 'date-time' });

/**
 * An instant in any form of RFC 3339. It becomes the form in which we keep all times, UTC to the millisecond; these
 * sort as text as they do in time. To the nanosecond or with an offset, what lies after it is the same as for the
 * instant itself, because all our times are whole milliseconds.
 */
export const Timestamp = timestamp(({ ms }) => ms);

/** The end of a range that does not belong to it: rounded up, so that what lies before it is the same as for the instant itself. */
export const TimestampBefore = timestamp(({ ms, rest }) => Math.min(rest ? ms + 1 : ms, LATEST));
