import { type Signature, SubscriptionView, viewOf } from '@comanda/contracts';
import type { Subscription } from '../storage/tables.js';

/** A subscription as staff see it: without its secrets. */
export const subscriptionView = (row: Subscription): SubscriptionView =>
  viewOf(SubscriptionView, { ...row, signature: signatureOf(row) });

/** How its webhooks are signed; `null` for a channel that does not sign. */
const signatureOf = ({ secrets, publicKey }: Subscription): Signature | null =>
  secrets === null ? null : publicKey === null ? 'v1' : 'v1a';
