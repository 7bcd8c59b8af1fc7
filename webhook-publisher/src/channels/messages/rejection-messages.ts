import { z } from 'zod';
import { orderLine, reasonLine, type Wording, type Wordings, wording } from './message.js';

const Rejected = z.object({ orderId: z.string(), reason: z.string() });

const rejected = (en: string, es: string): Wording =>
  wording(Rejected, { icon: '✋', en, es }, ({ orderId, reason }) => [
    orderLine(orderId),
    reasonLine(reason),
  ]);

/** Requests that were accepted and then refused. */
export const rejectionMessages: Wordings = {
  'order.createRejected': rejected('Another order was refused', 'Otro pedido fue rechazado'),
  'order.cancelRejected': rejected('Cancellation refused', 'Cancelación rechazada'),
  'order.fulfilRejected': rejected('Hand-over refused', 'Entrega rechazada'),
  'order.refundRejected': rejected('Refund refused', 'Reembolso rechazado'),
};
