import type { Envelope } from '@comanda/contracts';
import type { Committed, Outgoing, Task } from '@comanda/messaging';
import { Violation } from '../violation.js';
import type { Workload } from '../workload.js';
import type { Broker, Reader } from '../world/broker.js';
import type { Change, MemoryStore } from '../world/memory-store.js';
import type { Provider } from '../world/provider.js';
import type { Event } from '../world/queue.js';
import type { Receivers } from '../world/receivers.js';

/** What an invariant may look at. */
export interface World {
  readonly workload: Workload;
  readonly stores: Readonly<Record<Reader, MemoryStore>>;
  readonly broker: Broker;
  readonly provider: Provider;
  readonly receivers: Receivers;
}

/** One transaction that was committed. */
export interface Commit {
  readonly service: Reader;
  readonly tasks: readonly Task[];
  readonly committed: Committed;
  readonly published: readonly Envelope[];
  /** By table. */
  readonly changes: ReadonlyMap<string, readonly Change[]>;
}

/**
 * Watches over one invariant (or a few that need the same memory) for one history. It gets everything that
 * could break it, the moment it happens, and asked once more when all is at rest.
 */
export interface Watch {
  committed?(commit: Commit): void;
  published?(message: Outgoing, by: Reader): void;
  /** The last copy of an event left its queue. */
  gone?(reader: Reader, event: Event): void;
  /** The provider moved money. */
  moved?(): void;
  atRest?(): void;
}

export type Invariant = (world: World) => Watch;

/** @throws Violation unless it holds */
export function must(holds: boolean, invariant: string, detail: () => string): void {
  if (!holds) throw new Violation(invariant, detail());
}

/** The rows of a table as the services' migrations describe them. */
export function rowsOf<R>(store: MemoryStore, table: string): R[] {
  return [...store.rows(table).values()] as R[];
}

/** What a commit changed in one table, its rows as the services' migrations describe them. */
export const changesOf = <R>({ changes }: Pick<Commit, 'changes'>, table: string) =>
  (changes.get(table) ?? []) as readonly { before: R | undefined; after: R | undefined }[];

export const add = (sums: Map<string, number>, key: string, amount: number): number => {
  const sum = (sums.get(key) ?? 0) + amount;
  sums.set(key, sum);
  return sum;
};

export interface OrderRow {
  readonly tenantId: string;
  readonly orderId: string;
  readonly status: string;
  readonly totalAmount: number;
  /** JSON, as it is stored. */
  readonly items: string;
  readonly refundedAmount: number;
  readonly refundingAmount: number;
}
export interface RequestRow {
  readonly orderId: string;
  readonly requestId: string;
  readonly status: string;
  readonly amount: number;
}
export interface StockRow {
  readonly tenantId: string;
  readonly productId: string;
  readonly available: number;
  readonly reserved: number;
  readonly sold: number;
  readonly lowStockThreshold: number | null;
}
export interface MovementRow {
  readonly tenantId: string;
  readonly productId: string;
  readonly position: number;
  readonly delta: number;
  readonly reason: string;
  readonly orderId: string | null;
  readonly before: number;
  readonly after: number;
}
export interface ReservationRow {
  readonly tenantId: string;
  readonly orderId: string;
  readonly reservationId: string;
  readonly status: string;
  readonly items: string;
}
export interface PaymentRow {
  readonly tenantId: string;
  readonly orderId: string;
  readonly paymentId: string;
  readonly reference: string | null;
  readonly disputes: string;
  readonly status: string;
  readonly amount: number;
  readonly refundedAmount: number;
  readonly refundingAmount: number;
}
export interface RefundRow {
  readonly orderId: string;
  readonly refundId: string;
  readonly cause: string;
  readonly status: string;
  readonly amount: number;
}
export interface SubscriptionRow {
  readonly subscriptionId: string;
  /** JSON, as it is stored. */
  readonly eventTypes: string;
  readonly enabled: number;
  readonly deleted: number;
  readonly secrets: string | null;
}
export interface SubscriptionChangeRow {
  readonly subscriptionId: string;
  /** JSON, as it is stored. */
  readonly eventTypes: string;
}
export interface DeliveryRow {
  readonly tenantId: string;
  readonly deliveryId: string;
  readonly subscriptionId: string;
  readonly eventId: string;
  readonly status: string;
  readonly replayId: string | null;
}
export interface AttemptRow {
  readonly deliveryId: string;
  readonly error: string | null;
}
export interface DeliveryHourRow {
  readonly subscriptionId: string;
  readonly attempts: number;
  readonly dropped: number;
}
export interface ReplayRow {
  readonly tenantId: string;
  readonly replayId: string;
  readonly subscriptionId: string;
  readonly status: string;
  readonly since: string;
  readonly until: string;
  /** JSON, as it is stored. */
  readonly eventTypes: string | null;
  readonly onlyFailed: number;
  readonly scheduled: number;
}
export interface EventRow {
  readonly tenantId: string;
  readonly eventId: string;
  readonly type: string;
}
export interface ContactRow {
  readonly tenantId: string;
  readonly orderId: string;
  readonly sealed: string | null;
  readonly erasedAt: string | null;
  /** JSON, as it is stored. */
  readonly channels: string;
}
export interface NotificationRow {
  readonly tenantId: string;
  readonly notificationId: string;
  readonly orderId: string;
  readonly eventId: string;
  readonly channel: string;
  readonly status: string;
}
