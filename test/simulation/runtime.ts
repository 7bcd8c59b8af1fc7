import type { Handler, WorkKind } from '@comanda/messaging';
import type { PaymentProvider } from '@comanda/payments-service';
import type { Reader } from './world/broker.js';

/** What the runtime promises. Each is true; a mutation makes one of them false. */
export interface Runtime {
  /** A message whose id is in the inbox is not handled again. */
  readonly inboxDecides: boolean;
  readonly acksAfterCommit: boolean;
  readonly publishesAfterCommit: boolean;
  /** What a crash left in the outbox is published by somebody. */
  readonly sweepsOutbox: boolean;
  /** A result counts only while nobody else has claimed the work. */
  readonly fences: boolean;
  /** A message that can't be handled yet comes back. */
  readonly retries: boolean;
  /** The very handlers, work and provider; a mutation wraps one of them. */
  handler(service: Reader, handler: Handler): Handler;
  work(kind: WorkKind): WorkKind;
  provider(provider: PaymentProvider): PaymentProvider;
}

export const SOUND: Runtime = {
  inboxDecides: true,
  acksAfterCommit: true,
  publishesAfterCommit: true,
  sweepsOutbox: true,
  fences: true,
  retries: true,
  handler: (_service, handler) => handler,
  work: (kind) => kind,
  provider: (provider) => provider,
};
