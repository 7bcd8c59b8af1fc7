import type { AttemptView, DeliveryView } from '@comanda/contracts';
import type { AttemptRow, Delivery } from '../storage/tables.js';

export const deliveryView = (row: Delivery): DeliveryView => ({
  deliveryId: row.deliveryId,
  subscriptionId: row.subscriptionId,
  eventId: row.eventId,
  eventType: row.eventType,
  ...(row.orderId !== null && { orderId: row.orderId }),
  status: row.status,
  ...(row.nextAttemptAt !== null && { nextAttemptAt: row.nextAttemptAt }),
  createdAt: row.createdAt,
});

export const attemptView = (row: AttemptRow): AttemptView => ({
  at: row.at,
  ...(row.statusCode !== null && { statusCode: row.statusCode }),
  durationMs: row.durationMs,
  ...(row.responseBody !== null && { responseBody: row.responseBody }),
  ...(row.error !== null && { error: row.error }),
  ...(row.note !== null && { note: row.note }),
});
