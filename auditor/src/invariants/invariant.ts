import type { DatabaseName, ServiceName } from '@comanda/contracts';
import { z } from 'zod';
import type { AuditSource, Parameters } from '../audit-source.js';
import { type Queues, underWayTo } from '../queues.js';

/** The moment that an audit looks at. */
export interface Moment {
  /**
   * Parameters of the statements; times are RFC 3339, UTC.
   * `@settled`: what changed until then has had time to reach everybody.
   * `@overdue`: an order that was under way then must have ended by now.
   * `@since`: how far back histories are compared, which services keep for a time only; `@sinceId` is the smallest
   * UUIDv7 of that time.
   * `@atRest`: 1 when nothing may be under way, else 0.
   */
  readonly times: Readonly<Record<'settled' | 'overdue' | 'since' | 'sinceId', string>> & {
    readonly atRest: 0 | 1;
  };
  readonly queues: Queues;
}

export interface Violation {
  /** Whom it is about: `tenantId`, `orderId`, `productId` ... */
  readonly ids: Readonly<Record<string, string>>;
  /** What is wrong, in one line. */
  readonly detail: string;
}

export interface Finding {
  /** How many entries were looked at. */
  readonly checked: number;
  /** How many of them are wrong. */
  readonly count: number;
  /** The first ones of these. */
  readonly violations: readonly Violation[];
}

/** Something that is always true of the books, or as soon as everything under way has arrived. */
export interface Invariant {
  /** A sentence. */
  readonly id: string;
  /** Which of the ten promises of docs/auditor.md it belongs to. */
  readonly promise: number;
  readonly title: string;
  readonly reads: readonly DatabaseName[];
  /** True of a system at rest only, so it is asked of no other. */
  readonly onlyAtRest: boolean;
  check(source: AuditSource, moment: Moment): Promise<Finding>;
}

export interface Fault {
  /** Finds what is wrong: a SELECT of ids, named as they are shown, and of `detail`. */
  readonly find: string;
  /**
   * The service that may simply not have heard of it yet: as long as no more entries are wrong than messages wait
   * for it or are among its dead letters, nothing is lost.
   */
  readonly unlessUnderWayTo?: ServiceName;
}

/** So many of the wrong entries are read; the rest is counted. */
export const SHOWN = 200;

const Row = z.object({ detail: z.string(), total: z.number() }).catchall(z.string().nullable());
const Count = z.tuple([z.object({ n: z.number() })]);

/** An invariant that is stated in SQL: `checked` counts what is looked at (`n`), each fault finds what is wrong. */
export function holds(
  rules: Pick<Invariant, 'id' | 'promise' | 'title' | 'reads'> & {
    readonly onlyAtRest?: boolean;
    readonly checked: string;
    readonly faults: readonly Fault[];
    readonly parameters?: Parameters;
  },
): Invariant {
  const { checked, faults, parameters, onlyAtRest = false, ...named } = rules;
  return {
    ...named,
    onlyAtRest,
    async check(source, moment) {
      const given = { ...moment.times, ...parameters };
      const [{ n }] = Count.parse(await source.all(checked, given));
      let count = 0;
      const violations: Violation[] = [];
      for (const fault of faults) {
        const found = await wrongEntries(source, fault.find, given);
        if (isExplained(fault, found.count, moment)) continue;
        count += found.count;
        violations.push(...found.violations);
      }
      return { checked: n, count, violations: violations.slice(0, SHOWN) };
    },
  };
}

async function wrongEntries(
  source: AuditSource,
  find: string,
  parameters: Parameters,
): Promise<Omit<Finding, 'checked'>> {
  const statement = `SELECT *, count(*) OVER () AS total FROM (${find}) LIMIT ${SHOWN}`;
  const rows = z.array(Row).parse(await source.all(statement, parameters));
  return {
    count: rows[0]?.total ?? 0,
    violations: rows.map(({ detail, total: _, ...ids }) => ({ ids: present(ids), detail })),
  };
}

function isExplained({ unlessUnderWayTo: reader }: Fault, count: number, moment: Moment): boolean {
  if (reader === undefined || count === 0) return false;
  const underWay = underWayTo(reader, moment.queues);
  return underWay === undefined || count <= underWay;
}

const present = (ids: Readonly<Record<string, string | number | null>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(ids).flatMap(([name, id]) => (id === null ? [] : [[name, String(id)] as const])),
  );
