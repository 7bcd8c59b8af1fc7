import type { Database, Requester } from '@comanda/messaging';
import type { HealthCheck } from '@comanda/service-kit';
import type { ProductLookUp } from './products/product-look-up.js';

/** Without the broker or its own database the gateway can't do its work; without products-service it can. */
export const healthChecks = (
  requester: Pick<Requester, 'trouble'>,
  database: Pick<Database, 'read'>,
  products: Pick<ProductLookUp, 'trouble'>,
): HealthCheck[] => [
  { name: 'broker', needed: true, trouble: () => requester.trouble },
  {
    name: 'database',
    needed: true,
    trouble: async () => {
      try {
        await database.read('SELECT 1');
        return undefined;
      } catch (error) {
        return error instanceof Error ? error.message : String(error);
      }
    },
  },
  { name: 'products-service', needed: false, trouble: () => products.trouble },
];
