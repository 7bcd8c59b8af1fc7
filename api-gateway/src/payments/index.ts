import { StripeCallbackController, stripeSettings } from './stripe-callback.js';

/** Where payment providers call. They have no token: what they send is signed. */
export const paymentCallbacks = [StripeCallbackController];

/** The environment variables of all of them. */
export const callbackSettings = { ...stripeSettings };
