import { smallestIdOf } from '@comanda/contracts';
import { messageOf } from '@comanda/kit';
import { RETRY_SECONDS } from '@comanda/messaging';
import { missingOrders } from './accepted-orders.js';
import { type DatabaseUrls, openAuditSource } from './audit-source.js';
import { deadLettersTakenIn, withDeadLettersTakenIn } from './dead-letters.js';
import { INVARIANTS } from './invariants/index.js';
import { type Finding, type Invariant, type Moment, SHOWN, type Violation } from './invariants/invariant.js';
import { countMessages, type Queues } from './queues.js';

export interface AuditOptions {
  readonly databases: DatabaseUrls;
  /** Without it nobody knows what waits in the queues, and a message that is overdue counts as lost. */
  readonly rabbitUrl?: string | undefined;
  /** The system is at rest: there is no grace, and whatever still waits is a violation. */
  readonly atRest?: boolean;
  /** Within this time a change in one service must have reached the others; `DEFAULT_GRACE_SECONDS` when left out. */
  readonly graceSeconds?: number;
  /** How long stock is held for an order; the services' default when left out. */
  readonly reservationTtlSeconds?: number;
  /** How far back histories are compared (timelines, inboxes, events, deliveries). */
  readonly historyDays?: number;
  /** Only the invariants with these ids. */
  readonly only?: readonly string[];
  /** Ids of the orders that clients say were answered 202: after a restore no database knows all of them. */
  readonly accepted?: readonly string[];
}

export interface InvariantReport extends Pick<Invariant, 'id' | 'promise' | 'title'>, Finding {
  readonly durationMs: number;
}

export interface AuditReport {
  readonly at: string;
  readonly atRest: boolean;
  readonly durationMs: number;
  readonly queues: Queues;
  readonly invariants: readonly InvariantReport[];
  /** How many entries are wrong, for all invariants together. */
  readonly violations: number;
  /** Those of the accepted orders that are not there, where a list of them was given. */
  readonly missingOrders?: readonly string[];
}

export const DEFAULT_RESERVATION_TTL_SECONDS = 900;
export const DEFAULT_HISTORY_DAYS = 7;
/** The longest time that a message may spend in the retry schedule: 156 s. */
export const RETRY_SCHEDULE_SECONDS = RETRY_SECONDS.reduce((sum, seconds) => sum + seconds, 0);
/**
 * A change in one service reaches the next by one message. That takes milliseconds, or the whole retry schedule (156
 * s), or all attempts of a payment when each of them dies with its process (14 s of waits and 4 leases of 15 s). 300 s
 * is more than these together. What may also wait for a reservation to expire gets that time on top (`@overdue`).
 */
export const DEFAULT_GRACE_SECONDS = 300;

/**
 * Checks the invariants on all databases. When something seems wrong in a running system, it is read a second time, and
 * only what is wrong both times is reported, because the databases are not read at one instant.
 *
 * @throws UnreadableDatabase; BrokerAway when `rabbitUrl` does not answer and the system should be at rest
 */
export async function audit(options: AuditOptions): Promise<AuditReport> {
  const startedAt = performance.now();
  const { atRest = false, only } = options;
  const wanted = INVARIANTS.filter(
    ({ id, onlyAtRest }) => (atRest || !onlyAtRest) && (only?.includes(id) ?? true),
  );
  const queues = await queuesOf(options);
  const at = new Date();
  const first = await look(wanted, options, momentOf(at, options, queues));
  let { invariants } = first;
  const suspicious = new Set(invariants.filter(({ count }) => count > 0).map(({ id }) => id));
  if (!atRest && suspicious.size > 0) {
    const { invariants: again } = await look(
      wanted.filter(({ id }) => suspicious.has(id)),
      options,
      momentOf(at, options, await queuesOf(options)),
    );
    invariants = invariants.map((one) => {
      const second = again.find(({ id }) => id === one.id);
      return second ? both(one, second) : one;
    });
  }
  return {
    at: at.toISOString(),
    atRest,
    durationMs: performance.now() - startedAt,
    queues: withDeadLettersTakenIn(queues, first.taken),
    invariants,
    violations: invariants.reduce((sum, { count }) => sum + count, 0),
    ...(first.missingOrders && { missingOrders: first.missingOrders }),
  };
}

/** A violation that is found again has the same name, even when its numbers have changed. */
export const nameOf = (invariant: string, { ids }: Violation): string =>
  `${invariant} ${JSON.stringify(ids)}`;

interface Look {
  readonly invariants: InvariantReport[];
  readonly taken: ReadonlyMap<string, number>;
  readonly missingOrders?: readonly string[];
}

/** Reads all databases once. */
async function look(
  invariants: readonly Invariant[],
  { databases, accepted }: AuditOptions,
  moment: Moment,
): Promise<Look> {
  const source = await openAuditSource(databases);
  try {
    const reports: InvariantReport[] = [];
    for (const invariant of invariants) {
      const { id, promise, title } = invariant;
      const startedAt = performance.now();
      const finding = await invariant.check(source, moment);
      reports.push({ id, promise, title, ...finding, durationMs: performance.now() - startedAt });
    }
    return {
      invariants: reports,
      taken: await deadLettersTakenIn(source),
      ...(accepted && { missingOrders: await missingOrders(source, accepted) }),
    };
  } finally {
    source.close();
  }
}

/** The violations that both reads found. Entries beyond the shown ones can't be compared, so they count. */
function both(first: InvariantReport, second: InvariantReport): InvariantReport {
  const durationMs = first.durationMs + second.durationMs;
  if (first.count > SHOWN || second.count > SHOWN) return { ...second, durationMs };
  const { id } = first;
  const seen = new Set(first.violations.map((violation) => nameOf(id, violation)));
  const violations = second.violations.filter((violation) => seen.has(nameOf(id, violation)));
  return { ...second, count: violations.length, violations, durationMs };
}

/** The broker should be asked for its queues, and does not answer. */
export class BrokerAway extends Error {
  override readonly name = 'BrokerAway';
}

async function queuesOf({ rabbitUrl, atRest }: AuditOptions): Promise<Queues> {
  if (rabbitUrl === undefined) return { kind: 'not-asked' };
  try {
    return await countMessages(rabbitUrl);
  } catch (error) {
    const reason = messageOf(error);
    if (atRest)
      throw new BrokerAway(`the broker can't be asked what waits in its queues: ${reason}`, { cause: error });
    return { kind: 'away', reason };
  }
}

function momentOf(at: Date, options: AuditOptions, queues: Queues): Moment {
  const {
    atRest = false,
    graceSeconds = DEFAULT_GRACE_SECONDS,
    reservationTtlSeconds = DEFAULT_RESERVATION_TTL_SECONDS,
    historyDays = DEFAULT_HISTORY_DAYS,
  } = options;
  const ago = (seconds: number): string => new Date(at.getTime() - seconds * 1000).toISOString();
  return {
    times: {
      settled: ago(atRest ? 0 : graceSeconds),
      overdue: ago(atRest ? 0 : graceSeconds + RETRY_SCHEDULE_SECONDS + reservationTtlSeconds),
      since: ago(historyDays * 86_400),
      sinceId: smallestIdOf(at.getTime() - historyDays * 86_400_000),
      atRest: atRest ? 1 : 0,
    },
    queues,
  };
}
