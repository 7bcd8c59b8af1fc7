import type { Books } from '../support/books.js';
import type { WebhookReceiver } from '../support/webhook-receiver.js';
import type { Havoc } from './havoc.js';
import type { Diary } from './load/diary.js';
import type { Counted } from './meters.js';

/** What a soak found, ready to be printed. */
export interface Report {
  readonly violations: readonly string[];
  readonly table: string;
  readonly accepted: number;
  /** How often each kind of fault was injected. */
  readonly injected: ReadonlyMap<string, number>;
  /** Where databases and logs are, if something is wrong. */
  readonly kept?: string;
}

interface Facts {
  readonly options: {
    readonly seed: number;
    readonly minutes: number;
    readonly instances: number;
    readonly scene: string;
  };
  /** It was ended before its time. */
  readonly cutShort: boolean;
  readonly havoc: Havoc;
  readonly diary: Diary;
  readonly receiver: WebhookReceiver;
  readonly repeated: number;
  readonly counted: Counted;
  /** How many orders are in which status. */
  readonly orders: ReadonlyMap<string, number>;
  readonly violations: readonly string[];
  readonly books?: Books;
}

export function tally(facts: Facts): Report {
  const { options, cutShort, havoc, diary, receiver, repeated, counted, orders, violations, books } = facts;
  const taken = receiver.taken.size;
  const answered = receiver.attempts.filter(({ answered }) => answered === 204).length;
  const faults = [...havoc.injected].toSorted(([one], [other]) => one.localeCompare(other));
  const injected = faults.reduce((total, [, times]) => total + times, 0);
  const adjusted = (outcome: string) => diary.adjusted.filter((one) => one.outcome === outcome).length;
  const blocks = [
    block(`Faults injected: ${injected}`, faults),
    block(`Orders accepted: ${diary.accepted.size}, answer lost for good: ${diary.perhaps.size}`, [
      ...orders,
      ...(books ? ([['cents kept', books.kept]] as const) : []),
    ]),
    block('Stock adjustments by staff', [
      ['made', adjusted('done')],
      ['accepted, to be made later', adjusted('accepted')],
      ['refused', adjusted('refused')],
      ['answer lost for good', adjusted('perhaps')],
    ]),
    block(
      'Answers of the gateways',
      [...diary.answers].toSorted(([one], [other]) => one.localeCompare(other)),
    ),
    block('Duplicates', [
      ['messages published again by us', repeated],
      ['recognised by consumers, at least', counted.duplicatesRecognised],
      ['tried again later, at least', counted.retried],
      ['late results of work refused, at least', counted.lateResultsRefused],
    ]),
    block('Webhooks', [
      ['events received', taken],
      ['received once more', answered - taken],
      ['attempts that we let fail', receiver.attempts.length - answered],
    ]),
  ];
  const { seed, minutes, instances, scene } = options;
  const table = [
    `Chaos, ${scene}, seed ${seed}, ${minutes} min${cutShort ? ' (ended early)' : ''}, ${instances} instances of each service`,
    '',
    ...blocks,
    `${violations.length} violations`,
    ...violations.map((violation) => `  ${violation}`),
  ].join('\n');
  return { violations, table, accepted: diary.accepted.size, injected: havoc.injected };
}

function block(title: string, rows: readonly (readonly [string, number])[]): string {
  const lines = rows.map(([name, count]) => `  ${name.padEnd(42)}${String(count).padStart(8)}`);
  return [title, ...lines, ''].join('\n');
}
