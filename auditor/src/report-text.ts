import { oneLine } from '@comanda/contracts';
import type { AuditReport } from './audit.js';
import type { Violation } from './invariants/invariant.js';
import type { Queues } from './queues.js';

/** How many wrong entries are printed for each invariant. */
const PRINTED = 10;

/** A report for people: one line for each invariant, and below it the entries that violate it. */
export function reportLines(report: AuditReport): string[] {
  const { invariants, violations, at, atRest, durationMs } = report;
  const width = Math.max(...invariants.map(({ id }) => id.length));
  const row = (promise: string, id: string, checked: string, count: string): string =>
    `${promise.padStart(2)}  ${id.padEnd(width)}  ${checked.padStart(10)}  ${count.padStart(10)}`;
  return [
    `Audit of ${at}, ${atRest ? 'at rest' : 'in motion'}, ${Math.round(durationMs)} ms`,
    '',
    row('', 'invariant', 'checked', 'violations'),
    ...invariants.flatMap(({ promise, id, checked, count, violations, title }) => [
      row(String(promise), id, String(checked), String(count)),
      ...(count === 0 ? [] : [`      Broken: ${title}`]),
      ...violations.slice(0, PRINTED).map((violation) => `      ${violationLine(violation)}`),
      ...(count > PRINTED ? [`      ... and ${count - PRINTED} more`] : []),
    ]),
    '',
    ...queueLines(report.queues),
    violations === 0 ? 'No violations' : `${violations} violations`,
    ...missingLines(report.missingOrders),
  ];
}

export const violationLine = ({ ids, detail }: Violation): string =>
  `${Object.entries(ids)
    .map(([name, id]) => `${name}=${id}`)
    .join(' ')}: ${oneLine(detail)}`;

/** All of them: the operator goes through the list. */
const missingLines = (missing: readonly string[] = []): string[] =>
  missing.length === 0
    ? []
    : [`${missing.length} accepted orders are not there:`, ...missing.map((id) => `      ${id}`)];

function queueLines(queues: Queues): string[] {
  switch (queues.kind) {
    case 'counted':
      return [`Waiting: ${depths(queues.waiting)}`, `Dead letters: ${depths(queues.dead)}`];
    case 'not-asked':
      return ['The broker was not asked (RABBITMQ_URL is not set): what waits there is not known'];
    case 'away':
      return [`The broker could not be asked, and what depends on it was not checked: ${queues.reason}`];
  }
}

const depths = (queues: Readonly<Record<string, number>>): string =>
  Object.entries(queues)
    .map(([queue, n]) => `${n} in ${queue}`)
    .join(', ') || 'none';
