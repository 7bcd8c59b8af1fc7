import type { CustomerScript } from './wishes.js';

export interface Placed {
  readonly orderId: string;
  readonly wish: CustomerScript;
  /** Whether a cancellation was accepted (202), or may have been. */
  cancelled: 'no' | 'perhaps' | 'yes';
}

export interface Adjusted {
  /** Unique; it stands as the reason in the product's movements. */
  readonly reason: string;
  readonly productId: string;
  readonly delta: number;
  /** `accepted`: answered 202, so it is made later; a removal may still be refused then. */
  readonly outcome: 'done' | 'accepted' | 'refused' | 'perhaps';
}

/** What the clients did and were answered, to be compared with what really became of it. */
export class Diary {
  /** By order id. */
  readonly accepted = new Map<string, Placed>();
  /** Orders whose answer never came. */
  readonly perhaps = new Map<string, Placed>();
  readonly adjusted: Adjusted[] = [];
  /** How often each request was answered how: `POST /orders 202`. */
  readonly answers = new Map<string, number>();
  /** What no client should ever be answered. */
  readonly surprises: string[] = [];

  answered(request: string, status: number | 'lost'): void {
    const key = `${request} ${status}`;
    this.answers.set(key, (this.answers.get(key) ?? 0) + 1);
  }
}
