/** @see docs/api.md */
export { type Answer, type CallOptions, Comanda } from './comanda.js';
export type { Authorize, CredentialHeaders, Credentials } from './credentials.js';
export { ComandaError, NoAnswerError, type ProblemCode } from './errors.js';
export type { components, operations, paths } from './generated/api.js';
export type { OrderStreamEvent, StreamEvent, StreamOptions } from './streams.js';
export type { TransportOptions } from './transport.js';
export { type WebhookEvent, WebhookRefused, webhookVerifier } from './webhooks.js';
