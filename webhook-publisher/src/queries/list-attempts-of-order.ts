import { accept, ListAttemptsOfOrder } from '@comanda/contracts';
import { answers, type QueryAnswer } from '@comanda/service-kit';
import { type Reader, selectList, statement } from '@comanda/storage';
import { isSettled } from '../domain/sent-text.js';
import type { SecretVault } from '../storage/secret-vault.js';
import {
  attempts,
  contacts,
  deliveries,
  notifications,
  sentTexts,
  subscriptions,
} from '../storage/tables.js';
import { deliveryReport, deliveryStep, notificationReport, notificationStep } from '../views/attempt-step.js';
import { openedContact } from './opened-contact.js';

// CROSS JOIN: SQLite keeps the order of the tables, and begins with those of the order.
/** The newest of each kind: an order of a tenant with many subscriptions has thousands. */
const MOST = 500;

const NOTIFICATIONS = statement(`SELECT ${selectList(notifications.columns, 'n')} FROM notifications n
  WHERE n.tenant_id = $1 AND n.order_id = $2 ORDER BY n.created_at, n.channel`);
const OF_NOTIFICATIONS = statement(`SELECT ${selectList(attempts.columns, 'a')} FROM notifications n
  CROSS JOIN attempts a
  WHERE a.tenant_id = n.tenant_id AND a.delivery_id = n.notification_id AND n.tenant_id = $1 AND n.order_id = $2 ORDER BY a.at DESC LIMIT ${MOST}`);
const TEXTS_OF_NOTIFICATIONS = statement(`SELECT ${selectList(sentTexts.columns, 's')} FROM notifications n
  CROSS JOIN sent_texts s
  WHERE s.tenant_id = n.tenant_id AND s.delivery_id = n.notification_id AND n.tenant_id = $1 AND n.order_id = $2 ORDER BY s.at DESC LIMIT ${MOST}`);
const DELIVERIES = statement(`SELECT ${selectList(deliveries.columns, 'd')} FROM deliveries d
  WHERE d.tenant_id = $1 AND d.order_id = $2 ORDER BY d.created_at DESC, d.delivery_id DESC LIMIT ${MOST}`);
const OF_DELIVERIES = statement(`SELECT ${selectList(attempts.columns, 'a')} FROM deliveries d
  CROSS JOIN attempts a
  WHERE a.tenant_id = d.tenant_id AND a.delivery_id = d.delivery_id AND d.tenant_id = $1 AND d.order_id = $2 ORDER BY a.at DESC LIMIT ${MOST}`);

const TEXTS_OF_DELIVERIES = statement(`SELECT ${selectList(sentTexts.columns, 's')} FROM deliveries d
  CROSS JOIN sent_texts s
  WHERE s.tenant_id = d.tenant_id AND s.delivery_id = d.delivery_id AND d.tenant_id = $1 AND d.order_id = $2 ORDER BY s.at DESC LIMIT ${MOST}`);

/** Each attempt to tell somebody of an order, and what became of each text, as steps of its timeline; oldest first. */
export const listAttemptsOfOrder = (vault: Pick<SecretVault, 'open'>): QueryAnswer =>
  answers(ListAttemptsOfOrder, async (database, { tenantid, data: { orderId, withDeliveries } }) => {
    const reader = database.of(tenantid);
    const [toCustomer, toSubscribers] = await Promise.all([
      notificationSteps(reader, [tenantid, orderId], vault),
      withDeliveries ? deliverySteps(reader, [tenantid, orderId]) : [],
    ]);
    const items = [...toCustomer, ...toSubscribers].sort((one, other) => (one.at < other.at ? -1 : 1));
    return accept({ items });
  });

async function notificationSteps(
  reader: Reader,
  order: [tenantId: string, orderId: string],
  vault: Pick<SecretVault, 'open'>,
) {
  const [contact, rows, made, texts] = await Promise.all([
    reader.find(contacts.read(...order)),
    reader.read(NOTIFICATIONS, ...order),
    reader.read(OF_NOTIFICATIONS, ...order),
    reader.read(TEXTS_OF_NOTIFICATIONS, ...order),
  ]);
  const opened = contact && openedContact(contact, vault);
  const byId = new Map(notifications.decodeAll(rows).map((row) => [row.notificationId, row]));
  return [
    ...attempts.decodeAll(made).flatMap((attempt) => {
      const notification = byId.get(attempt.deliveryId);
      return notification ? [notificationStep(attempt, notification, opened)] : [];
    }),
    ...settled(texts).flatMap((text) => {
      const notification = byId.get(text.deliveryId);
      return notification ? [notificationReport(text, notification, opened)] : [];
    }),
  ];
}

async function deliverySteps(reader: Reader, order: [tenantId: string, orderId: string]) {
  const [rows, made, texts] = await Promise.all([
    reader.read(DELIVERIES, ...order),
    reader.read(OF_DELIVERIES, ...order),
    reader.read(TEXTS_OF_DELIVERIES, ...order),
  ]);
  const byId = new Map(deliveries.decodeAll(rows).map((row) => [row.deliveryId, row]));
  const subscribers = await Promise.all(
    [...new Set([...byId.values()].map(({ subscriptionId }) => subscriptionId))].map((id) =>
      reader.find(subscriptions.read(order[0], id)),
    ),
  );
  const subscriptionOf = new Map(subscribers.flatMap((row) => (row ? [[row.subscriptionId, row]] : [])));
  return [
    ...attempts.decodeAll(made).flatMap((attempt) => {
      const delivery = byId.get(attempt.deliveryId);
      return delivery ? [deliveryStep(attempt, delivery, subscriptionOf.get(delivery.subscriptionId))] : [];
    }),
    ...settled(texts).flatMap((text) => {
      const delivery = byId.get(text.deliveryId);
      return delivery ? [deliveryReport(text, delivery, subscriptionOf.get(delivery.subscriptionId))] : [];
    }),
  ];
}

/** What a text is on its way is of no interest later. */
const settled = (rows: Parameters<typeof sentTexts.decodeAll>[0]) =>
  sentTexts.decodeAll(rows).filter(isSettled);
