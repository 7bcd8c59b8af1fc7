import { table } from '@comanda/storage';
import { Payment } from '../domain/payment.js';
import { Refund } from '../domain/refund.js';

/** One row for each order: so there is at most one capture for each order. */
export const payments = table('payments', ['tenantId', 'orderId'], Payment.shape);

/** Money that went back or is on its way back, and refunds that were refused or failed. */
export const refunds = table('refunds', ['tenantId', 'orderId', 'refundId'], Refund.shape);
