import type { Line } from './stock.js';

/**
 * What is held for one order.
 *
 * `HELD` until the order ends; then `COMMITTED` (sold), `RELEASED` (rejected or cancelled) or `EXPIRED`. `REFUSED`
 * was short of something. `ENDED_BEFORE_RESERVED`: the order ended before we heard of it, so nothing is ever held for it.
 */
export type ReservationStatus =
  | 'HELD'
  | 'COMMITTED'
  | 'RELEASED'
  | 'EXPIRED'
  | 'REFUSED'
  | 'ENDED_BEFORE_RESERVED';

export interface Reservation {
  readonly tenantId: string;
  readonly orderId: string;
  readonly reservationId: string;
  readonly status: ReservationStatus;
  readonly items: readonly Line[];
  readonly expiresAt: string;
  /** How many events were told of it. */
  readonly sequence: number;
  readonly updatedAt: string;
}

export type Ending =
  | { readonly kind: 'commit' }
  | { readonly kind: 'release'; readonly cause: 'rejected' | 'cancelled' }
  | { readonly kind: 'expire' };

/** What becomes of the stock: sold, back on the shelf, back from what was sold, or taken from the shelf once more. */
export type StockMove = 'sell' | 'put-back' | 'take-back' | 'sell-again' | 'none';

export interface End {
  readonly status: ReservationStatus;
  readonly stock: StockMove;
}

/**
 * How a reservation ends. What is not in the table changes nothing: it is over already.
 *
 * One that ran out may still be sold when its order was confirmed before it heard of that, and one that was sold
 * comes back when its order is called off afterwards.
 */
const ENDS: Partial<Record<ReservationStatus, Partial<Record<Ending['kind'], End>>>> = {
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

/** What an ending makes of a reservation; `undefined`: it is over already and stays as it is. */
export const end = (status: ReservationStatus, ending: Ending): End | undefined =>
  ENDS[status]?.[ending.kind];
