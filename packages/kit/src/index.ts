/** Small things that every package needs. It imports nothing of ours. */
export { BoundedMap } from './bounded-map.js';
export { brokersIn } from './brokers-in.js';
export { FatalStartupError } from './fatal-startup-error.js';
export { Gatherer } from './gatherer.js';
export type { Logger } from './logger.js';
export { errorOf, messageOf } from './message-of.js';
export { isNotUpYet } from './not-up-yet.js';
export { whyNotReached } from './refused-certificate.js';
export { readRetryAfter } from './retry-after.js';
export { OpeningKey, sealedFor, sealFor } from './sealed.js';
export { type SigningKey, signingKeyOf } from './signing-key.js';
export { trustedCaOf, withTrustedCa } from './trusted-ca.js';
export { until } from './until.js';
export { utf8Of } from './utf8.js';
export { TimedOut, withTimeout } from './with-timeout.js';
