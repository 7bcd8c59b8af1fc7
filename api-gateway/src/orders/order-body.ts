import {
  Contact,
  ContactLocale,
  lineTooMany,
  MAX_UNITS,
  PaymentMethod,
  RequestedItem,
} from '@comanda/contracts';
import { z } from 'zod';
import { Email } from '../accounts/credentials.js';
import { productId } from '../description/examples.js';
import { named } from '../description/named.js';

const payment = named('ChosenPayment', z.strictObject({ method: PaymentMethod }), {
  method: 'sim_approved',
}).optional();
named('ContactLocale', ContactLocale, 'es');
const notify = named(
  'OrderContact',
  z
    .strictObject({
      email: Email.optional(),
      phone: Contact.shape.phone.describe('E.164: told by SMS'),
      locale: ContactLocale,
    })
    .refine(({ email, phone }) => email !== undefined || phone !== undefined, {
      path: ['email'],
      message: 'give an email, a phone, or both',
    }),
  { email: 'ana@example.com', locale: 'es' },
)
  .optional()
  .describe(
    'Where the customer is told that the order is confirmed, rejected or cancelled, and of each refund: an email, a phone, or both. It is in no webhook; DELETE /orders/{orderId}/notify erases it',
  );
const line = named('NewOrderLine', z.strictObject(RequestedItem.shape), { productId, quantity: 2 });
const items = z
  .array(line)
  .min(1)
  .max(100)
  .superRefine((lines, problems) => {
    const at = lineTooMany(lines);
    if (at === undefined) return;
    const message = `is, with the other lines of this product, more than ${MAX_UNITS}`;
    problems.addIssue({ code: 'custom', path: [at, 'quantity'], message });
  });

const one = named('NewOrderOfOneLine', z.strictObject({ ...RequestedItem.shape, payment, notify }), {
  productId,
  quantity: 2,
  payment: { method: 'sim_approved' },
});
const several = named('NewOrderOfLines', z.strictObject({ items, payment, notify }), {
  items: [{ productId, quantity: 2 }],
  payment: { method: 'sim_approved' },
});

/** `{items: [{productId, quantity}], payment?}`, or short for one line `{productId, quantity, payment?}`; both with `notify?`. */
export const OrderBody = named('NewOrder', z.union([several, one]), {
  items: [{ productId, quantity: 2 }],
  payment: { method: 'sim_approved' },
});
export type OrderBody = z.infer<typeof OrderBody>;

export interface RequestedLine {
  readonly productId: string;
  readonly quantity: number;
}

/** The lines of either form, and where in the body each product is named. */
export function linesOf(body: OrderBody): readonly RequestedLine[] {
  return 'items' in body ? body.items : [{ productId: body.productId, quantity: body.quantity }];
}

/** The fields of the command that the client decides. */
export const wantedBy = (body: OrderBody) => ({
  items: [...linesOf(body)],
  ...(body.payment && { paymentMethod: body.payment.method }),
  ...(body.notify && { hasContact: true as const }),
});

export const productPath = (body: OrderBody, at: number): string =>
  'items' in body ? `items[${at}].productId` : 'productId';
