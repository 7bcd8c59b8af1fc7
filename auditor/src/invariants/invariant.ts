import type { DatabaseName, ServiceName } from '@comanda/contracts';
import { z } from 'zod';
import type { AuditSource, Parameters } from '../audit-source.js';
import { type Queues, underWayTo } from '../queues.js';

/** The moment of an audit. */
export interface Moment {
  /**
   * Parameters of the statements; times are RFC 3339, UTC.
   * `@settled`: changes until then have had time to reach all services.
   * `@overdue`: an order that was open then must have ended by now.
   * `@since`: how far back histories are compared, because services keep them for a limited time; `@sinceId` is the
   * smallest UUIDv7 of that time.
   * `@atRest`: 1 when nothing may be under way, else 0.
   */
  readonly times: Readonly<Record<'settled' | 'overdue' | 'since' | 'sinceId', string>> & {
    readonly atRest: 0 | 1;
  };
  readonly queues: Queues;
}

export interface Violation {
  /** What it is about: `tenantId`, `orderId`, `productId` ... */
  readonly ids: Readonly<Record<string, string>>;
  /** What is wrong, in one line. */
  readonly detail: string;
}

export interface Finding {
  /** How many entries were checked. */
  readonly checked: number;
  /** How many of them are wrong. */
  readonly count: number;
  /** The first ones of these. */
  readonly violations: readonly Violation[];
}

/** Something that always holds in the databases, or as soon as all messages have arrived. */
export interface Invariant {
  /** A sentence. */
  readonly id: string;
  /** Which of the ten promises of docs/auditor.md it belongs to. */
  readonly promise: number;
  readonly title: string;
  readonly reads: readonly DatabaseName[];
  /** Holds at rest only, so it is not checked in a running system. */
  readonly onlyAtRest: boolean;
  check(source: AuditSource, moment: Moment): Promise<Finding>;
}

export interface Fault {
  /** Finds what is wrong: a SELECT of ids, named as the report shows them, and of `detail`. */
  readonly find: string;
  /**
   * The service whose messages may still be waiting. Nothing is lost as long as no more entries are wrong than events
   * may wait for this service or be among its dead letters.
   */
  readonly unlessUnderWayTo?: ServiceName;
}

/** How many of the wrong entries are read; the others are only counted. */
export const SHOWN = 200;

const Row = z.object({ detail: z.string(), total: z.number() }).catchall(z.string().nullable());
const Count = z.tuple([z.object({ n: z.number() })]);

/** An invariant in SQL: `checked` counts the entries (`n`), and each fault finds the wrong ones. */
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
