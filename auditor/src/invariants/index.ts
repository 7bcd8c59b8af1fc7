import { a202MeansExactlyOneOrder } from './a-202-means-exactly-one-order.js';
import { aRefundCountsOnce } from './a-refund-counts-once.js';
import { acceptedRequestsAreAnswered } from './accepted-requests-are-answered.js';
import { anEndedOrderHoldsNoStock } from './an-ended-order-holds-no-stock.js';
import { anOrderCostsWhatItsLinesCost } from './an-order-costs-what-its-lines-cost.js';
import { capturedMeansConfirmedOrRefunded } from './captured-means-confirmed-or-refunded.js';
import { confirmedMeansPaid } from './confirmed-means-paid.js';
import { confirmedMeansSold } from './confirmed-means-sold.js';
import { customersHearOnce } from './customers-hear-once.js';
import { disputesAddUp } from './disputes-add-up.js';
import { everyDeliveryEnds } from './every-delivery-ends.js';
import { everyEventIsHandled } from './every-event-is-handled.js';
import { everyOrderEnds } from './every-order-ends.js';
import { everySubscriptionGetsItsEvents } from './every-subscription-gets-its-events.js';
import { everythingThatWaitsHasDueWork } from './everything-that-waits-has-due-work.js';
import { handledMeansDone } from './handled-means-done.js';
import type { Invariant } from './invariant.js';
import { movementsFormAChain } from './movements-form-a-chain.js';
import { nothingIsUnderWay } from './nothing-is-under-way.js';
import { oneCapturePerOrder } from './one-capture-per-order.js';
import { oneLiveReservationOfEachProduct } from './one-live-reservation-of-each-product.js';
import { ordersKnowTheirRefunds } from './orders-know-their-refunds.js';
import { queuesAreEmpty } from './queues-are-empty.js';
import { refundRequestsAreAnswered } from './refund-requests-are-answered.js';
import { refundsAddUp } from './refunds-add-up.js';
import { refundsNeverExceedTheCapture } from './refunds-never-exceed-the-capture.js';
import { sequencesHaveNoGap } from './sequences-have-no-gap.js';
import { stockAddsUp } from './stock-adds-up.js';
import { stockComesBackExactlyOnce } from './stock-comes-back-exactly-once.js';
import { tenantsNeverMix } from './tenants-never-mix.js';
import { theOutboxIsPublished } from './the-outbox-is-published.js';
import { thePriceListIsTheCatalogue } from './the-price-list-is-the-catalogue.js';
import { whatWasPublishedWasCommitted } from './what-was-published-was-committed.js';

/** All invariants, in the order of the promises that they belong to. */
export const INVARIANTS: readonly Invariant[] = [
  a202MeansExactlyOneOrder,
  acceptedRequestsAreAnswered,
  everyOrderEnds,
  everythingThatWaitsHasDueWork,
  nothingIsUnderWay,
  stockAddsUp,
  movementsFormAChain,
  oneLiveReservationOfEachProduct,
  confirmedMeansSold,
  anOrderCostsWhatItsLinesCost,
  oneCapturePerOrder,
  refundsNeverExceedTheCapture,
  refundsAddUp,
  aRefundCountsOnce,
  disputesAddUp,
  capturedMeansConfirmedOrRefunded,
  confirmedMeansPaid,
  ordersKnowTheirRefunds,
  refundRequestsAreAnswered,
  stockComesBackExactlyOnce,
  anEndedOrderHoldsNoStock,
  theOutboxIsPublished,
  whatWasPublishedWasCommitted,
  handledMeansDone,
  thePriceListIsTheCatalogue,
  everySubscriptionGetsItsEvents,
  everyDeliveryEnds,
  customersHearOnce,
  sequencesHaveNoGap,
  everyEventIsHandled,
  queuesAreEmpty,
  tenantsNeverMix,
];
