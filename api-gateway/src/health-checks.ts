import type { EventListener, Requester } from '@comanda/messaging';
import { databaseCheck, type HealthCheck } from '@comanda/service-kit';
import type { Database } from '@comanda/storage';
import type { Redis } from 'ioredis';
import { type Leaving, leavingCheck } from './leaving.js';
import type { ProductLookUp } from './products/product-look-up.js';

/** Without the broker or its own database the gateway can't do its work; without products-service, Redis or what streams tell it can. */
export const healthChecks = (
  leaving: Pick<Leaving, 'began'>,
  requester: Pick<Requester, 'unhealthyReason'>,
  database: Pick<Database, 'read'>,
  products: Pick<ProductLookUp, 'unhealthyReason'>,
  redis: Pick<Redis, 'status'>,
  listener: Pick<EventListener, 'unhealthyReason'>,
): HealthCheck[] => [
  leavingCheck(leaving),
  { name: 'broker', needed: true, unhealthyReason: () => requester.unhealthyReason },
  databaseCheck(database),
  { name: 'products-service', needed: false, unhealthyReason: () => products.unhealthyReason },
  {
    name: 'redis',
    needed: false,
    unhealthyReason: () => (redis.status === 'ready' ? undefined : redis.status),
  },
  { name: 'streams', needed: false, unhealthyReason: () => listener.unhealthyReason },
];
