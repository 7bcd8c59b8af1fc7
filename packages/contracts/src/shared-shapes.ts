import { z } from 'zod';
import { holdsCardNumber } from './card-number.js';
import { Cursor, Id, printable, Word } from './ids.js';
import { Amount, Quantity } from './money.js';
import { StoredText } from './text.js';

/** Lines of an order as the client wants them. */
export const RequestedItem = z.object({ productId: Id, quantity: Quantity });

/**
 * Lines as they were when the order was taken: the product's SKU, name and price, whatever becomes of it later. The fields
 * that may lack do so in messages of earlier builds alone.
 */
export const PricedItem = RequestedItem.extend({
  sku: Word.optional(),
  name: StoredText.optional(),
  unitPrice: Amount,
  lineTotal: Amount.optional(),
});

export const OrderStatus = z.enum([
  'PENDING',
  'AWAITING_PAYMENT',
  'CONFIRMED',
  'REJECTED',
  'CANCELLED',
  'FULFILLED',
]);
export type OrderStatus = z.infer<typeof OrderStatus>;

export const PaymentStatus = z.enum(['PENDING', 'COMPLETED', 'FAILED', 'REFUNDED']);
export type PaymentStatus = z.infer<typeof PaymentStatus>;

/** How a dispute stands: undecided, decided for the shop, decided for the owner of the card. */
export const DisputeStatus = z.enum(['opened', 'won', 'lost']);
export type DisputeStatus = z.infer<typeof DisputeStatus>;

/** How to pay for the order: a method of the simulated provider, or a token of the real one; never a card. */
export const PaymentMethod = printable(200).refine(
  (text) => !holdsCardNumber(text),
  'must not be a card number: send sim_approved or another method of docs/payments.md, or the token that your payment provider gave for the card',
);

/** Who asks. A customer sees and changes only what is their own. */
export const Viewer = z.object({ accountId: Id, role: z.enum(['customer', 'staff']) });
export type Viewer = z.infer<typeof Viewer>;

/** Which page of a list somebody asks for. */
export const Page = {
  limit: z.number().int().min(1).max(100).default(20),
  cursor: Cursor.optional(),
};

/** Of a list that may be read from a standby. */
export const Anew = {
  anew: z.boolean().optional().describe('With all that is committed; else it may be two seconds old'),
};

/** A page of a list, as it is answered; there is no more when `nextCursor` is null. */
export const pageOfEach = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), nextCursor: Cursor.nullable() });
