/** The language of the system: every message, its schema, and the small types they are made of. */
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
export * from './reply.js';
export * from './requests/orders.js';
export * from './requests/payments.js';
export * from './requests/price-list.js';
export * from './requests/products.js';
export * from './requests/webhooks.js';
export * from './shared-shapes.js';
