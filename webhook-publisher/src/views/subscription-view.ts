import { type Signature, SubscriptionView, viewOf } from '@comanda/contracts';
import { shownTarget } from '../domain/shown-target.js';
import type { Subscription } from '../storage/tables.js';

/** A subscription as staff see it: without its secrets, and the URL of a Slack webhook is one. */
export const subscriptionView = (row: Subscription): SubscriptionView =>
  viewOf(SubscriptionView, {
    ...row,
    target: row.channel === 'slack' ? shownTarget(row.target, row.channel) : row.target,
    headerNames: row.headerNames && [...row.headerNames],
    signature: signatureOf(row),
  });

/** How its webhooks are signed; `null` for a channel that does not sign. */
const signatureOf = ({ secrets, publicKey }: Subscription): Signature | null =>
  secrets === null ? null : publicKey === null ? 'v1' : 'v1a';
