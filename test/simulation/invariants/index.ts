import { handledOnce, leaseIsHeld, noDeadLetters, publishedIfCommitted, sequenceHasNoGap } from './messages.js';
import { capturedMeansConfirmedOrRefunded, oneCapturePerOrder } from './money.js';
import { acceptedOrderEnds, orderFollowsItsLife } from './orders.js';
import { nothingIsLeft } from './rest.js';
import { stockAddsUp, stockMatchesReservations } from './stock.js';
import { everySubscriberIsTold } from './subscribers.js';
import { tenantsStayApart } from './tenants.js';
import type { Invariant } from './watch.js';

/** What must hold, whatever happens. The more telling ones come first. */
export const INVARIANTS: readonly Invariant[] = [
  tenantsStayApart,
  stockAddsUp,
  stockMatchesReservations,
  orderFollowsItsLife,
  oneCapturePerOrder,
  capturedMeansConfirmedOrRefunded,
  acceptedOrderEnds,
  everySubscriberIsTold,
  sequenceHasNoGap,
  leaseIsHeld,
  publishedIfCommitted,
  noDeadLetters,
  handledOnce,
  nothingIsLeft,
];
