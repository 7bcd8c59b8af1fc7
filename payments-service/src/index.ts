/** For tests across services: the real handlers, work and tables. For `npm run docs`: the settings of the providers. */
export type { ChargeLookup, ChargeResult } from './domain/charge.js';
export type { MoneyBack } from './domain/money-back.js';
export type { RefundResult } from './domain/refund.js';
export { paymentHandlers } from './handlers/index.js';
export { providerSettings } from './provider/index.js';
export type {
  CapturedPayment,
  Charge,
  PaymentLookup,
  PaymentProvider,
  RefundCall,
} from './provider/provider.js';
export { decideCharge } from './provider/simulated-provider.js';
export { StripeProvider } from './provider/stripe/stripe-provider.js';
export { findByReference } from './queries/find-by-reference.js';
export { migrations as paymentMigrations } from './storage/migrations.js';
export { payments, refunds } from './storage/tables.js';
export { ask } from './work/ask.js';
export { charge } from './work/charge.js';
export { type FindByReference, reconcile } from './work/reconcile.js';
export { refund } from './work/refund.js';
