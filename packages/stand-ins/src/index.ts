/** Doubles of services that others run, on loopback: for tests, the benchmark and the demo. */
export type { StripeCall, StripeFault } from './stripe/faults.js';
export { StripeStub } from './stripe/stripe-stub.js';
export {
  startTelegramStub,
  type TelegramBehaviour,
  type TelegramMessage,
  type TelegramStub,
} from './telegram-stub.js';
