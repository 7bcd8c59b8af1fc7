import type { Migrations } from '@comanda/storage';
import { AccountsAndIdempotencyKeys1760000001000 } from './accounts-and-idempotency-keys.js';

/** In the order in which they run; never change one that was released. */
export const MIGRATIONS: Migrations = [AccountsAndIdempotencyKeys1760000001000];
