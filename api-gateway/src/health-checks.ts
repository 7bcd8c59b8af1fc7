import type { Database, Requester } from '@comanda/messaging';
import { databaseCheck, type HealthCheck } from '@comanda/service-kit';
import type { ProductLookUp } from './products/product-look-up.js';

/** Without the broker or its own database the gateway can't do its work; without products-service it can. */
export const healthChecks = (
  requester: Pick<Requester, 'trouble'>,
  database: Pick<Database, 'read'>,
  products: Pick<ProductLookUp, 'trouble'>,
): HealthCheck[] => [
  { name: 'broker', needed: true, trouble: () => requester.trouble },
  databaseCheck(database),
  { name: 'products-service', needed: false, trouble: () => products.trouble },
];
