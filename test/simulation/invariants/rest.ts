import { READERS } from '../world/broker.js';
import { type Invariant, must, type Watch } from './watch.js';

interface Listed {
  readonly tenantId: string;
  readonly productId: string;
  readonly name: string;
  readonly price: number;
  readonly active: number;
}

/** At rest nobody has anything left to do, and the price list of orders is the catalogue of products. */
export const nothingIsLeft: Invariant = ({ stores, broker }): Watch => ({
  atRest() {
    for (const reader of READERS) {
      const [queue, store] = [broker.queues[reader], stores[reader]];
      const { left } = queue;
      must(left === 0, 'nothing-is-left', () => `${left} messages are left for ${reader}`);
      for (const { kind, id } of store.rows('work').values())
        must(false, 'nothing-is-left', () => `${reader} has to ${String(kind)} ${String(id)}`);
      for (const { type, messageId } of store.rows('outbox').values())
        must(
          false,
          'nothing-is-left',
          () => `${String(type)} ${String(messageId)} is left in the outbox of ${reader}`,
        );
    }
    const prices = stores['orders-service'].rows('prices');
    for (const [key, product] of stores['products-service'].rows('products') as Map<string, unknown> as Map<
      string,
      Listed
    >) {
      const price = prices.get(key);
      must(
        price?.price === product.price && price.name === product.name && price.active === product.active,
        'price-list-is-the-catalogue',
        () =>
          `${product.tenantId} sells ${product.productId}, ${product.name}, for ${product.price}; on the list it is ${String(price?.name)} for ${String(price?.price)}`,
      );
    }
  },
});
