import { flawOfCurrency } from '@comanda/contracts';
import { type FieldError, Problem } from '../problems/problem.js';
import type { ProductKnowledge } from '../products/product-look-up.js';
import { linesOf, type OrderBody, productPath } from './order-body.js';

/** What can be wrong with a product, the most important first: it gives the problem its code and its words. */
const OBSTACLES = {
  unknown: ['UNKNOWN_PRODUCT', 'The order names a product that does not exist: see errors.'],
  inactive: ['PRODUCT_INACTIVE', 'The order names a product that is not for sale: see errors.'],
  currency: [
    'CURRENCY_NOT_IN_FORCE',
    'The order names a product with a price that nobody can pay: see errors.',
  ],
} as const;

function obstacleTo(product: ProductKnowledge | undefined): [keyof typeof OBSTACLES, string] | undefined {
  switch (product?.kind) {
    case 'unknown':
      return ['unknown', 'there is no such product'];
    case 'inactive':
      return ['inactive', 'this product is not for sale'];
    case 'for-sale': {
      const flaw = flawOfCurrency(product.currency);
      return flaw === undefined ? undefined : ['currency', `the currency of this product ${flaw}`];
    }
    default:
      return undefined;
  }
}

/** Throws a 422 problem when a product of the order is known not to be for sale. `known` is in the order of the lines. */
export function refuseWhatIsNotForSale(body: OrderBody, known: readonly ProductKnowledge[]): void {
  const found = linesOf(body).flatMap((_, at) => {
    const obstacle = obstacleTo(known[at]);
    return obstacle ? [{ kind: obstacle[0], path: productPath(body, at), message: obstacle[1] }] : [];
  });
  for (const [kind, [code, detail]] of Object.entries(OBSTACLES))
    if (found.some((one) => one.kind === kind)) {
      const errors = found.map(({ path, message }): FieldError => ({ path, message }));
      throw new Problem(422, code, detail, { errors });
    }
}
