import { Id } from '@comanda/contracts';
import { z } from 'zod';

/** Of the work that makes a call or two to the provider about one order, beside the charges. */
export const aboutAnOrder = { payload: z.object({ orderId: Id }), leaseSeconds: 15, concurrency: 20 };
