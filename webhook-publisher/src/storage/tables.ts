import {
  ChannelName,
  ContactChannel,
  ContactLocale,
  DeliveryStatus,
  Language,
  LastAnswer,
  ReplayStatus,
  TextStatus,
} from '@comanda/contracts';
import { table } from '@comanda/storage';
import { z } from 'zod';
import { SealedAtRest } from './secret-vault.js';

export const subscriptions = table('subscriptions', ['tenantId', 'subscriptionId'], {
  tenantId: z.string(),
  subscriptionId: z.string(),
  channel: ChannelName,
  target: z.string(),
  eventTypes: z.array(z.string()),
  description: z.string().nullable(),
  enabled: z.boolean(),
  disabledReason: z.string().nullable(),
  deleted: z.boolean(),
  /** The signing secrets, encrypted; `null` for channels that don't sign. */
  secrets: SealedAtRest.nullable(),
  /** What receivers verify with, where a private key signs; `null` where a secret does that they know. */
  publicKey: z.string().nullable(),
  /** Of the messages; `null` for a channel that sends the event itself. */
  locale: Language.nullable(),
  /** How many attempts may begin in any second; `null` for as many as its endpoint takes. */
  rateLimitPerSecond: z.number().nullable(),
  /** Of its custom headers, whose values lie among the secrets; `null` for none. */
  headerNames: z.array(z.string()).nullable(),
  /** Until then nothing is sent but what a person asks for, and nothing is lost, RFC 3339; `null` when nobody has muted it. */
  mutedUntil: z.string().nullable(),
  /** Since when every attempt has failed, in milliseconds since the epoch; `null` when the last one succeeded. */
  failingSince: z.number().nullable(),
  /** How many events were published about it. */
  sequence: z.number(),
  createdAt: z.string(),
  /** Its tenant, until it is deleted: by this column events find it. */
  liveTenantId: z.string().nullable(),
});

/**
 * A row for each tenant that has subscribed once. A command that makes a subscription locks it, so that instances which
 * count a tenant's subscriptions do it one after the other.
 */
export const subscribingTenants = table('subscribing_tenants', ['tenantId'], { tenantId: z.string() });

/** The chat that the configuration named last for the staff of a tenant, and the subscription that was made for it. */
export const staffChats = table('staff_chats', ['tenantId'], {
  tenantId: z.string(),
  subscriptionId: z.string(),
  chat: z.string(),
});
export type StaffChat = ReturnType<typeof staffChats.decode>;

export type Subscription = ReturnType<typeof subscriptions.decode>;

/** What a subscription has wanted since when. Rows are only added, so it can be said for any time. */
export const subscriptionChanges = table('subscription_changes', ['tenantId', 'subscriptionId', 'changeId'], {
  tenantId: z.string(),
  subscriptionId: z.string(),
  /** Later ones are greater. */
  changeId: z.string(),
  at: z.string(),
  /** The patterns that it wants from then on; none while it is disabled, or once it is deleted. */
  eventTypes: z.array(z.string()),
});

/** What subscribers get, serialised once: every attempt sends the same bytes. */
export const events = table('events', ['tenantId', 'eventId'], {
  tenantId: z.string(),
  eventId: z.string(),
  type: z.string(),
  orderId: z.string().nullable(),
  /** As in the body; `null` for an event that was stored before bodies had it. */
  correlationId: z.string().nullable(),
  body: z.string(),
  createdAt: z.string(),
});

export const deliveries = table('deliveries', ['tenantId', 'deliveryId'], {
  tenantId: z.string(),
  deliveryId: z.string(),
  subscriptionId: z.string(),
  eventId: z.string(),
  eventType: z.string(),
  orderId: z.string().nullable(),
  status: DeliveryStatus,
  nextAttemptAt: z.string().nullable(),
  createdAt: z.string(),
  /** The replay that made it; `null` when the event did, as it came. */
  replayId: z.string().nullable(),
});

export type Delivery = ReturnType<typeof deliveries.decode>;

/** A range of stored events that is sent to one subscription once more. */
export const replays = table('replays', ['tenantId', 'replayId'], {
  tenantId: z.string(),
  replayId: z.string(),
  subscriptionId: z.string(),
  status: ReplayStatus,
  since: z.string(),
  until: z.string(),
  /** Patterns in place of those of the subscription. */
  eventTypes: z.array(z.string()).nullable(),
  onlyFailed: z.boolean(),
  /** The event that was looked at last; ids stand in the order of their times. */
  position: z.string(),
  scheduled: z.number(),
  skipped: z.number(),
  reason: z.string().nullable(),
  createdAt: z.string(),
  endedAt: z.string().nullable(),
  /** Its subscription, until it ends: no subscription has two that run. */
  runningFor: z.string().nullable(),
});

export type Replay = ReturnType<typeof replays.decode>;

export const attempts = table('attempts', ['tenantId', 'deliveryId', 'attemptId'], {
  tenantId: z.string(),
  deliveryId: z.string(),
  attemptId: z.string(),
  at: z.string(),
  /** Scheme, host and port of the URL that it went to; `null` for other targets, and for attempts of earlier builds. */
  origin: z.string().nullable(),
  statusCode: z.number().nullable(),
  durationMs: z.number(),
  responseBody: z.string().nullable(),
  error: z.string().nullable(),
  /** What people should know besides: an answer that was cut off, a header that says where the receiver has moved. */
  note: z.string().nullable(),
});
export type AttemptRow = ReturnType<typeof attempts.decode>;

/** A text that Twilio was asked to tell of, and what it told last. */
export const sentTexts = table('sent_texts', ['tenantId', 'deliveryId', 'sid'], {
  tenantId: z.string(),
  /** The delivery, or the notification. */
  deliveryId: z.string(),
  /** What Twilio calls it. */
  sid: z.string(),
  status: TextStatus,
  errorCode: z.number().nullable(),
  /** When we heard it. */
  at: z.string(),
});
export type SentText = ReturnType<typeof sentTexts.decode>;

/** What happened to the deliveries of a subscription in one hour: written with each attempt, so that nobody has to count. */
export const deliveryHours = table('delivery_hours', ['tenantId', 'subscriptionId', 'hour'], {
  tenantId: z.string(),
  subscriptionId: z.string(),
  /** When it began. */
  hour: z.string(),
  delivered: z.number(),
  failed: z.number(),
  dropped: z.number(),
  attempts: z.number(),
  /** How many attempts took how long, by the numbers of `domain/durations.ts`. */
  durations: z.record(z.string(), z.number()),
  /** The newest first. */
  lastAnswers: z.array(LastAnswer),
  lastDeliveredAt: z.string().nullable(),
  lastError: z.string().nullable(),
});
export type DeliveryHour = ReturnType<typeof deliveryHours.decode>;

/**
 * Where the customer of an order wants to be told, while nothing else knows it. The row is there before the contact when an
 * event has overtaken it, and stays, empty, when the contact is erased: so none is remembered again.
 */
export const contacts = table('contacts', ['tenantId', 'orderId'], {
  tenantId: z.string(),
  orderId: z.string(),
  /** A `Contact`, sealed by the vault; `null` before it came and once it is erased. */
  sealed: SealedAtRest.nullable(),
  /** Which ways the contact names. */
  channels: z.array(ContactChannel),
  locale: ContactLocale,
  /** The events that came before the contact. */
  waiting: z.array(z.string()),
  /** Its retention counts from here: when the last thing came that the customer is told, or the contact itself. */
  keptFrom: z.string(),
  erasedAt: z.string().nullable(),
  createdAt: z.string(),
});
export type ContactRow = ReturnType<typeof contacts.decode>;

/** One event, told to the customer on one channel. Its attempts are among those of the deliveries. */
export const notifications = table('notifications', ['tenantId', 'orderId', 'notificationId'], {
  tenantId: z.string(),
  notificationId: z.string(),
  orderId: z.string(),
  eventId: z.string(),
  eventType: z.string(),
  channel: ContactChannel,
  status: DeliveryStatus,
  /** Why it was dropped or has failed; for people. */
  reason: z.string().nullable(),
  nextAttemptAt: z.string().nullable(),
  createdAt: z.string(),
});
export type Notification = ReturnType<typeof notifications.decode>;
