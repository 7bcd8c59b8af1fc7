/** Every message with its schema, the small types that messages are made of, and the manifest of services. */
import './problem-words.js';

export * from './broker-accounts.js';
export { holdsCardNumber } from './card-number.js';
export * from './catalogue.js';
export * from './define.js';
export * from './envelope.js';
export * from './event-type-pattern.js';
export * from './events/orders.js';
export * from './events/payments.js';
export * from './events/products.js';
export * from './events/webhooks.js';
export * from './ids.js';
export * from './money.js';
export * from './problem-codes.js';
export * from './reply.js';
export * from './requests/dead-letters.js';
export * from './requests/orders.js';
export * from './requests/payments.js';
export * from './requests/price-list.js';
export * from './requests/products.js';
export * from './requests/webhooks.js';
export * from './services.js';
export * from './shared-shapes.js';
export * from './text.js';
export * from './timestamp.js';
export * from './view-of.js';
