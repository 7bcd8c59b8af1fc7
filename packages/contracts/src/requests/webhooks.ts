import { z } from 'zod';
import { defineCommand, defineQuery } from '../define.js';
import { Id, PublicKey, printable, Sealed, SealedLong, TenantId, Word } from '../ids.js';
import { Language } from '../money-text.js';
import { Anew, Page, pageOfEach } from '../shared-shapes.js';
import { StoredText, text } from '../text.js';
import { Timestamp, TimestampBefore } from '../timestamp.js';
import { SubscriptionHealth } from './subscription-stats.js';
import { Reported } from './text-reports.js';

const to = 'webhook-publisher';

export const ChannelName = z.enum(['webhook', 'telegram', 'email', 'slack', 'sms']);
export type ChannelName = z.infer<typeof ChannelName>;
export const DeliveryStatus = z.enum(['PENDING', 'DELIVERED', 'FAILED', 'DROPPED']);
export type DeliveryStatus = z.infer<typeof DeliveryStatus>;

/** How webhooks are signed, by the names of Standard Webhooks: HMAC-SHA256 with a secret of both sides, Ed25519. */
export const Signature = z.enum(['v1', 'v1a']);
export type Signature = z.infer<typeof Signature>;

/** Where a channel sends: a URL, a chat. */
const Target = text(2000);
/** What a subscription wants: types, or patterns like `order.*`. */
const EventTypes = z.array(printable(100)).min(1).max(50);
const Description = text(500);

/** What the signing secret of a subscription is sealed about, on its way: so it opens for no other subscription. */
export const secretOf = (tenantId: string, subscriptionId: string): string =>
  JSON.stringify(['webhook secret', tenantId, subscriptionId]);

/** What its custom headers are sealed about, in the same way. */
export const headersOf = (tenantId: string, subscriptionId: string): string =>
  JSON.stringify(['webhook headers', tenantId, subscriptionId]);

const RateLimit = z
  .int()
  .min(1)
  .max(1000)
  .describe('How many attempts may begin in any second, by each instance of webhook-publisher');
const SealedHeaders = SealedLong.describe(
  'What goes with each webhook besides (`CustomHeaders`); sealed for the key of webhooks.checkTarget',
);

export const SubscriptionView = z.object({
  subscriptionId: Id,
  channel: ChannelName,
  target: StoredText,
  eventTypes: z.array(Word),
  description: StoredText.optional(),
  enabled: z.boolean(),
  disabledReason: StoredText.optional(),
  signature: Signature.optional().describe('How its webhooks are signed; other channels do not sign'),
  publicKey: Word.optional().describe('What receivers verify v1a signatures with'),
  locale: Language.optional().describe(
    'The language of its messages; a webhook has none, it is the event itself',
  ),
  rateLimitPerSecond: z.int().optional().describe('How many attempts may begin in any second'),
  headerNames: z.array(Word).optional().describe('Of its custom headers; their values are shown to nobody'),
  mutedUntil: Timestamp.optional().describe(
    'Somebody in its chat said /mute: what it wants waits until then, and is told after that. A time that has passed mutes no longer',
  ),
  createdAt: Timestamp,
  health: SubscriptionHealth.optional().describe('Where subscriptions are read'),
});
export type SubscriptionView = z.infer<typeof SubscriptionView>;

export const DeliveryView = z.object({
  deliveryId: Id,
  subscriptionId: Id,
  eventId: Id,
  eventType: Word,
  orderId: Id.optional(),
  status: DeliveryStatus,
  nextAttemptAt: Timestamp.optional(),
  createdAt: Timestamp,
  replayId: Id.optional().describe('The replay that made it'),
});
export type DeliveryView = z.infer<typeof DeliveryView>;

/** A delivery in a list: what came of it so far, and where it goes. */
export const ListedDelivery = DeliveryView.extend({
  channel: ChannelName,
  target: StoredText.describe('Where its subscription sends now; the query of a URL is left out'),
  attemptCount: z.int().min(0),
  lastStatusCode: z.int().optional(),
  lastError: StoredText.optional().describe('Why the last attempt had no answer'),
});
export type ListedDelivery = z.infer<typeof ListedDelivery>;

export const AttemptView = z.object({
  at: Timestamp,
  origin: Word.optional().describe('Scheme, host and port of the URL that it went to'),
  statusCode: z.number().int().optional(),
  durationMs: z.number().int(),
  responseBody: StoredText.optional(),
  error: StoredText.optional().describe('Why there was no answer'),
  note: StoredText.optional().describe(
    'What people should know besides: the answer was cut off, or where the receiver has moved',
  ),
});
export type AttemptView = z.infer<typeof AttemptView>;

export const CreateSubscription = defineCommand('webhooks.createSubscription', {
  to,
  summary:
    'Send events of some types to a target. Its secret comes and goes sealed, so that no queue and no dead letter shows one; the answer has it this once.',
  data: z.object({
    subscriptionId: Id,
    channel: ChannelName,
    target: Target,
    eventTypes: EventTypes,
    description: Description.optional(),
    locale: Language.optional().describe(
      'The language of messages that people read; en when left out. Refused for webhooks',
    ),
    signature: Signature.optional().describe(
      'How webhooks are signed: v1 (HMAC-SHA256, with a secret that the receiver has as well; the default), or v1a (Ed25519: the receiver has a public key, with which nobody can sign)',
    ),
    sealedSecret: Sealed.optional().describe(
      'Brought by the client; sealed for the key of webhooks.checkTarget',
    ),
    answerKey: PublicKey.describe('For whom the secret in the answer is sealed'),
    rateLimitPerSecond: RateLimit.optional(),
    sealedHeaders: SealedHeaders.optional(),
  }),
  result: SubscriptionView.extend({ sealedSecret: Sealed.optional() }),
});

export const UpdateSubscription = defineCommand('webhooks.updateSubscription', {
  to,
  summary:
    'Change where events go, which ones, in which language, or whether any do. What waits goes to the new target; to a disabled subscription it is not sent.',
  data: z.object({
    subscriptionId: Id,
    target: Target.optional(),
    eventTypes: EventTypes.optional(),
    description: Description.nullable().optional().describe('`null` removes it'),
    enabled: z.boolean().optional(),
    locale: Language.optional().describe('Of the messages from now on; refused for webhooks'),
    rateLimitPerSecond: RateLimit.nullable().optional().describe('`null` removes it'),
    sealedHeaders: SealedHeaders.nullable()
      .optional()
      .describe('In place of all that there were; `null` removes them'),
  }),
  result: SubscriptionView,
});

export const RotateSecret = defineCommand('webhooks.rotateSecret', {
  to,
  summary:
    'Sign with a new secret of the same kind; for 24 hours the one before signs as well. The secret goes sealed, and the answer has it this once.',
  data: z.object({
    subscriptionId: Id,
    rotationId: Id.describe('The same when it is asked for again: it is done once'),
    answerKey: PublicKey.describe('For whom the secret in the answer is sealed'),
  }),
  result: SubscriptionView.extend({ sealedSecret: Sealed.optional() }),
});

export const DeleteSubscription = defineCommand('webhooks.deleteSubscription', {
  to,
  summary: 'Send nothing more to a target. Pending deliveries end, and their history says so.',
  data: z.object({ subscriptionId: Id }),
  result: z.object({ subscriptionId: Id }),
});

/** What webhook-publisher keeps sealed, by whose it is: the secrets of a subscription, the contact of an order. */
export const SealedKind = z.enum(['subscription', 'order']);
export type SealedKind = z.infer<typeof SealedKind>;

export const ResealSecrets = defineCommand('webhooks.resealSecrets', {
  to,
  operatorsOnly: true,
  summary:
    'Seal with the first of WEBHOOK_ENCRYPTION_KEYS what is sealed in these rows: the secrets of subscriptions, or the contacts of orders. For operators.',
  data: z.object({ kind: SealedKind, ids: z.array(Id).min(1).max(100) }),
  result: z.object({
    resealed: z.number().int().describe('How many; the others were sealed with it before, or hold nothing'),
    failed: z.array(z.object({ id: Id, reason: StoredText })),
  }),
});

export const ListOutdatedSecrets = defineQuery('webhooks.listOutdatedSecrets', {
  to,
  operatorsOnly: true,
  summary:
    'Subscriptions, or orders, of all tenants for which another key than the first one sealed something. For operators.',
  data: z.object({ kind: SealedKind, ...Page }),
  result: pageOfEach(z.object({ tenantId: TenantId, id: Id })),
});

export const ListOutdatedDeadLetters = defineQuery('webhooks.listOutdatedDeadLetters', {
  to,
  operatorsOnly: true,
  summary:
    'Dead letters of all tenants that hold what was sealed for another key than the first one. A page may have fewer than there are. For operators.',
  data: z.object({ ...Page }),
  result: pageOfEach(z.object({ tenantId: TenantId, messageId: Word })),
});

export const RetryDelivery = defineCommand('webhooks.retryDelivery', {
  to,
  summary: 'Send a delivery again now, even one that has arrived.',
  data: z.object({ deliveryId: Id }),
  result: DeliveryView,
});

export const TestSubscription = defineCommand('webhooks.testSubscription', {
  to,
  summary:
    'Send webhook.test to one subscription, whatever it asks for and also while it is disabled. It is sent once, and says nothing about the subscription.',
  data: z.object({
    subscriptionId: Id,
    deliveryId: Id.describe('The same when it is asked for again: it is sent once'),
  }),
  result: DeliveryView,
});

export const CheckTarget = defineQuery('webhooks.checkTarget', {
  to,
  summary:
    'Whether events may be sent to a target, and for which key its secret is to be sealed. The gateway asks before it creates or changes a subscription, because the answer may need DNS.',
  data: z.object({ channel: ChannelName, target: Target }),
  result: z.object({ target: StoredText, sealFor: PublicKey.optional() }),
});

export const GetSubscription = defineQuery('webhooks.getSubscription', {
  to,
  summary: 'One subscription, without its secret.',
  data: z.object({ subscriptionId: Id }),
  result: SubscriptionView,
});

export const ListSubscriptions = defineQuery('webhooks.listSubscriptions', {
  to,
  summary: 'Subscriptions, newest first.',
  data: z.object({ ...Page }),
  result: pageOfEach(SubscriptionView),
});

export const ListDeliveries = defineQuery('webhooks.listDeliveries', {
  to,
  summary: 'The history of deliveries, newest first.',
  data: z.object({
    subscriptionId: Id.optional(),
    status: DeliveryStatus.optional(),
    eventType: printable(100).optional(),
    orderId: Id.optional(),
    eventId: Id.optional(),
    replayId: Id.optional(),
    since: Timestamp.optional().describe('Made then or later'),
    until: TimestampBefore.optional().describe('Made before'),
    ...Page,
    ...Anew,
  }),
  result: pageOfEach(ListedDelivery),
});

export const GetDelivery = defineQuery('webhooks.getDelivery', {
  to,
  summary: 'One delivery with each attempt and what was answered.',
  data: z.object({ deliveryId: Id }),
  result: DeliveryView.extend({ attempts: z.array(AttemptView), ...Reported }),
});
