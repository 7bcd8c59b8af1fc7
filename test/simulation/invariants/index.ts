import { customersHearOnce } from './customers.js';
import { hoursAddUp } from './delivery-hours.js';
import {
  framesAreInOrder,
  handledOnce,
  leaseIsHeld,
  noDeadLetters,
  publishedIfCommitted,
  sequenceHasNoGap,
} from './messages.js';
import { amountsHaveCurrency, capturedMeansConfirmedOrRefunded, oneCapturePerOrder } from './money.js';
import { acceptedOrderEnds, orderCostsItsLines, orderFollowsItsLife } from './orders.js';
import { booksFollowTheProvider, refundsAddUp, refundsAgree, refundsStayWithin } from './refunds.js';
import { aReplaySendsEachEventOnce } from './replays.js';
import { acceptedRequestsAreAnswered } from './requests.js';
import { nothingIsLeft } from './rest.js';
import {
  importsAreWhole,
  lowStockIsPublishedOnce,
  movementsFormAChain,
  stockAddsUp,
  stockMatchesReservations,
} from './stock.js';
import { everyDeliveryEnds, everyEventGoesToThoseWhoWantIt } from './subscribers.js';
import { changesOfSubscriptionsHold } from './subscription-changes.js';
import { tenantsStayApart } from './tenants.js';
import type { Invariant } from './watch.js';

/** What must hold, whatever happens. Causes come before what follows from them. */
export const INVARIANTS: readonly Invariant[] = [
  publishedIfCommitted,
  framesAreInOrder,
  leaseIsHeld,
  handledOnce,
  noDeadLetters,
  sequenceHasNoGap,
  tenantsStayApart,
  stockAddsUp,
  stockMatchesReservations,
  movementsFormAChain,
  lowStockIsPublishedOnce,
  importsAreWhole,
  orderFollowsItsLife,
  orderCostsItsLines,
  amountsHaveCurrency,
  oneCapturePerOrder,
  refundsStayWithin,
  refundsAddUp,
  capturedMeansConfirmedOrRefunded,
  acceptedOrderEnds,
  refundsAgree,
  booksFollowTheProvider,
  acceptedRequestsAreAnswered,
  changesOfSubscriptionsHold,
  everyEventGoesToThoseWhoWantIt,
  everyDeliveryEnds,
  aReplaySendsEachEventOnce,
  hoursAddUp,
  customersHearOnce,
  nothingIsLeft,
];
