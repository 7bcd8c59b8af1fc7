import { type BookedReason, RequestedItem } from '@comanda/contracts';
import { z } from 'zod';
import {
  hold,
  putBack,
  type Shortage,
  type Stock,
  type StockChange,
  sell,
  sellAgain,
  takeBack,
} from './stock.js';

/**
 * `HELD` until the order ends; then `COMMITTED` (sold), `RELEASED` (the order was rejected or cancelled) or `EXPIRED`.
 * `REFUSED`: there was not enough stock. `ENDED_BEFORE_RESERVED`: the message about the order's end overtook the one
 * about its creation, so nothing is ever held for it.
 */
const ReservationStatus = z.enum([
  'HELD',
  'COMMITTED',
  'RELEASED',
  'EXPIRED',
  'REFUSED',
  'ENDED_BEFORE_RESERVED',
]);
export type ReservationStatus = z.output<typeof ReservationStatus>;

/** The stock that is held for one order. */
export const Reservation = z.object({
  tenantId: z.string(),
  orderId: z.string(),
  reservationId: z.string(),
  status: ReservationStatus,
  items: z.array(RequestedItem).readonly(),
  expiresAt: z.string(),
  /** How many events were published about it. */
  sequence: z.number(),
  updatedAt: z.string(),
});
export type Reservation = Readonly<z.output<typeof Reservation>>;

/** What ends a reservation: the order is confirmed, the order is rejected or cancelled, or time is up. */
export type ReservationTrigger =
  | { readonly kind: 'commit' }
  | { readonly kind: 'release'; readonly cause: 'rejected' | 'cancelled' }
  | { readonly kind: 'expire' };

/** What the order costs. It is passed on to payments-service, which does not know the order. */
export interface AmountDue {
  readonly amount: number;
  readonly currency: string;
  readonly paymentMethod?: string | undefined;
}

/** What a decision about a reservation makes known; each fact becomes one event. */
export type ReservationFact =
  | { readonly kind: 'reserved'; readonly due: AmountDue }
  | { readonly kind: 'rejected'; readonly reason: string; readonly shortages: readonly Shortage[] }
  | { readonly kind: 'committed' }
  | { readonly kind: 'released'; readonly cause: 'rejected' | 'cancelled' | 'expired' }
  | { readonly kind: 'expired' };

/** The reservation in its new state, the stock that moves with it, and the facts to publish, oldest first. */
export interface ReservationDecision {
  readonly reservation: Reservation;
  readonly stock: readonly StockChange[];
  /** The reason of the movements. */
  readonly reason: BookedReason;
  /** What to do with the due work that ends the reservation when its time is up. */
  readonly expiry: 'scheduled' | 'cancelled' | 'unchanged';
  readonly facts: readonly ReservationFact[];
}

type StockMove = 'sell' | 'put-back' | 'take-back' | 'sell-again' | 'none';

interface ReservationEnd {
  readonly status: ReservationStatus;
  readonly stock: StockMove;
}

/**
 * How a reservation ends. A trigger that is not in the table changes nothing: the reservation has ended.
 *
 * The stock of an expired reservation is sold after all when its order was confirmed before orders-service learned of
 * the expiry. The stock of a committed one is released when its order is cancelled afterwards (compensation).
 */
export const ENDS: Partial<
  Record<ReservationStatus, Partial<Record<ReservationTrigger['kind'], ReservationEnd>>>
> = {
  HELD: {
    commit: { status: 'COMMITTED', stock: 'sell' },
    release: { status: 'RELEASED', stock: 'put-back' },
    expire: { status: 'EXPIRED', stock: 'put-back' },
  },
  COMMITTED: { release: { status: 'RELEASED', stock: 'take-back' } },
  EXPIRED: {
    commit: { status: 'COMMITTED', stock: 'sell-again' },
    release: { status: 'RELEASED', stock: 'none' },
  },
};

/** The order ended before this service learned of it. This row keeps stock from being held for it later. */
export const endedBeforeReserved = (
  ids: Pick<Reservation, 'tenantId' | 'orderId' | 'reservationId'>,
  now: string,
): ReservationDecision => ({
  reservation: {
    ...ids,
    status: 'ENDED_BEFORE_RESERVED',
    items: [],
    expiresAt: now,
    sequence: 0,
    updatedAt: now,
  },
  stock: [],
  reason: 'released',
  expiry: 'unchanged',
  facts: [],
});

/** Holds all lines of an order or none, so that no product is oversold. */
export function reserve(
  request: Pick<Reservation, 'tenantId' | 'orderId' | 'reservationId' | 'items' | 'expiresAt'>,
  { shelf, due, now }: { shelf: readonly (Stock | undefined)[]; due: AmountDue; now: string },
): ReservationDecision {
  const held = hold(request.items, shelf);
  const reservation = { ...request, sequence: 0, updatedAt: now };
  if (held.kind === 'short')
    return {
      reservation: { ...reservation, status: 'REFUSED' },
      stock: [],
      reason: 'reserved',
      expiry: 'unchanged',
      facts: [{ kind: 'rejected', reason: 'Not enough stock', shortages: held.shortages }],
    };
  return {
    reservation: { ...reservation, status: 'HELD' },
    stock: held.changes,
    reason: 'reserved',
    expiry: 'scheduled',
    facts: [{ kind: 'reserved', due }],
  };
}

/** Ends a reservation; `undefined` when it has ended already and stays as it is. */
export function endReservation(
  reservation: Reservation,
  {
    shelf,
    trigger,
    now,
  }: { shelf: readonly (Stock | undefined)[]; trigger: ReservationTrigger; now: string },
): ReservationDecision | undefined {
  const end = ENDS[reservation.status]?.[trigger.kind];
  if (!end) return undefined;
  const ended = { ...reservation, status: end.status, updatedAt: now };
  const { items } = reservation;
  switch (end.stock) {
    case 'none':
      // The release was published when the reservation expired.
      return { reservation: ended, stock: [], reason: 'released', expiry: 'unchanged', facts: [] };
    case 'sell-again': {
      const again = sellAgain(items, shelf);
      if (again.kind === 'short') return lost({ ...reservation, updatedAt: now }, again.shortages);
      const facts = factsOf(trigger);
      return { reservation: ended, stock: again.changes, reason: 'reserved', expiry: 'unchanged', facts };
    }
    default: {
      const move = MOVES[end.stock];
      const stock = items.map(({ productId, quantity }) => {
        const before = shelf.find((item) => item?.productId === productId);
        if (!before)
          throw new Error(`reservation ${reservation.reservationId}: ${productId} has no stock row`);
        return { before, after: move(before, quantity) };
      });
      const facts = factsOf(trigger);
      // An expiry comes from that work itself, which ends with its result.
      return trigger.kind === 'expire'
        ? { reservation: ended, stock, reason: 'expired', expiry: 'unchanged', facts }
        : { reservation: ended, stock, reason: 'released', expiry: 'cancelled', facts };
    }
  }
}

const MOVES = { sell, 'put-back': putBack, 'take-back': takeBack } as const;

/**
 * The order was confirmed after its reservation had expired, and others bought the stock: orders-service cancels it.
 */
const lost = (reservation: Reservation, shortages: readonly Shortage[]): ReservationDecision => ({
  reservation,
  stock: [],
  reason: 'released',
  expiry: 'unchanged',
  facts: [{ kind: 'rejected', reason: 'RESERVATION_LOST', shortages }],
});

function factsOf(trigger: ReservationTrigger): ReservationFact[] {
  switch (trigger.kind) {
    case 'commit':
      return [{ kind: 'committed' }];
    case 'release':
      return [{ kind: 'released', cause: trigger.cause }];
    case 'expire':
      return [{ kind: 'released', cause: 'expired' }, { kind: 'expired' }];
  }
}
