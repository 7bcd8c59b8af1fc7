import { lineTooMany, MAX_UNITS, PaymentMethod, RequestedItem } from '@comanda/contracts';
import { z } from 'zod';

const payment = z.strictObject({ method: PaymentMethod }).optional();
const line = z.strictObject(RequestedItem.shape);
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

/** `{items: [{productId, quantity}], payment?}`, or short for one line `{productId, quantity, payment?}`. */
export const OrderBody = z.union([
  z.strictObject({ items, payment }),
  z.strictObject({ ...RequestedItem.shape, payment }),
]);
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
});

export const productPath = (body: OrderBody, at: number): string =>
  'items' in body ? `items[${at}].productId` : 'productId';
