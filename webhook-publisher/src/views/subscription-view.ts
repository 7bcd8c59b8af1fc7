import { SubscriptionView, viewOf } from '@comanda/contracts';
import type { Subscription } from '../storage/tables.js';

/** A subscription as staff see it: without its secrets. */
export const subscriptionView = (row: Subscription): SubscriptionView => viewOf(SubscriptionView, row);
