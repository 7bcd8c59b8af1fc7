import { DisputeStatus } from '@comanda/contracts';
import { flag, json, table } from '@comanda/storage';
import { z } from 'zod';

const Dispute = z.object({
  disputeId: z.string(),
  reference: z.string(),
  status: DisputeStatus,
  amount: z.number(),
  currency: z.string(),
  code: z.string(),
  reason: z.string(),
  updatedAt: z.string(),
});

/** One row for each order: so there is at most one capture for each order. */
export const payments = table('payments', ['tenantId', 'orderId'], {
  tenantId: z.string(),
  orderId: z.string(),
  paymentId: z.string(),
  status: z.enum(['PENDING', 'COMPLETED', 'FAILED', 'REFUNDED', 'VOID']),
  refundOnCapture: flag(),
  amount: z.number(),
  currency: z.string(),
  provider: z.string(),
  method: z.string().nullable(),
  reference: z.string().nullable(),
  refundedAmount: z.number(),
  refundingAmount: z.number(),
  failureCode: z.string().nullable(),
  failureReason: z.string().nullable(),
  sequence: z.number(),
  createdAt: z.string(),
  updatedAt: z.string(),
  disputes: json(z.array(Dispute)),
});

/** Money that went back or is on its way back, and refunds that were refused or failed. */
export const refunds = table('refunds', ['tenantId', 'orderId', 'refundId'], {
  tenantId: z.string(),
  orderId: z.string(),
  refundId: z.string(),
  cause: z.enum(['request', 'undo', 'provider', 'dispute']),
  status: z.enum(['PENDING', 'REFUNDED', 'FAILED']),
  amount: z.number(),
  refusals: z.number(),
  reference: z.string().nullable(),
  failureCode: z.string().nullable(),
  createdAt: z.string(),
  updatedAt: z.string(),
});
