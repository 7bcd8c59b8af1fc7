/**
 * For tests across services: the real handlers, work and tables. For `npm run docs`: the settings of the channels, and a
 * body as it is sent.
 */
export type { Couriers } from './channels/courier.js';
export { channelSettings, openChannels } from './channels/index.js';
export type { AttemptResult } from './domain/attempt-result.js';
export { webhookBody } from './domain/webhook-body.js';
export { webhookHandlers } from './handlers/index.js';
export { SealedAtRest, SecretVault } from './storage/secret-vault.js';
export { attempts, deliveries, deliveryHours, events, replays, subscriptions } from './storage/tables.js';
export { Templates } from './templates/template-files.js';
export { deliver } from './work/deliver.js';
export { notify } from './work/notify.js';
export { replay } from './work/replay.js';
export type { ReplayedEvents } from './work/replayed-events.js';
