import { AttemptView, DeliveryView, viewOf } from '@comanda/contracts';
import type { AttemptRow, Delivery } from '../storage/tables.js';

export const deliveryView = (row: Delivery): DeliveryView => viewOf(DeliveryView, row);

export const attemptView = (row: AttemptRow): AttemptView => viewOf(AttemptView, row);
