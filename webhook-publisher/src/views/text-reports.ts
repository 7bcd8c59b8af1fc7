import type { Reported, TextReport } from '@comanda/contracts';
import type { z } from 'zod';
import { hasArrived } from '../domain/sent-text.js';
import type { SentText } from '../storage/tables.js';

type Reports = z.output<z.ZodObject<typeof Reported>>;

/** What was told of the texts of a delivery or a notification; nothing where there are none. */
export function textReports(texts: readonly SentText[]): Reports {
  if (texts.length === 0) return {};
  const [arrived] = texts.filter(hasArrived).toSorted((one, other) => (one.at < other.at ? -1 : 1));
  return { reports: texts.map(reportOf), ...(arrived && { confirmedAt: arrived.at }) };
}

const reportOf = ({ at, status, errorCode }: SentText): z.output<typeof TextReport> => ({
  ...{ at, status },
  ...(errorCode !== null && { errorCode }),
});
