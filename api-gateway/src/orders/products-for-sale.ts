import { type FieldError, Problem } from '../problems/problem.js';
import type { ProductKnowledge } from '../products/product-look-up.js';
import { linesOf, type OrderBody, productPath } from './order-body.js';

const MESSAGES = {
  unknown: 'there is no such product',
  inactive: 'this product is not for sale',
} as const;

/** Throws a 422 problem when a product of the order is known not to be for sale. `known` is in the order of the lines. */
export function refuseWhatIsNotForSale(body: OrderBody, known: readonly ProductKnowledge[]): void {
  const errors = linesOf(body).flatMap((_, at): FieldError[] => {
    const kind = known[at]?.kind;
    return kind === 'unknown' || kind === 'inactive'
      ? [{ path: productPath(body, at), message: MESSAGES[kind] }]
      : [];
  });
  if (errors.length === 0) return;
  const unknown = known.some(({ kind }) => kind === 'unknown');
  throw new Problem(
    422,
    unknown ? 'UNKNOWN_PRODUCT' : 'PRODUCT_INACTIVE',
    unknown
      ? 'The order names a product that does not exist: see errors.'
      : 'The order names a product that is not for sale: see errors.',
    { errors },
  );
}
