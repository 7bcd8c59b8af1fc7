import { type Database, selectList, statement } from '@comanda/storage';
import { payments } from '../storage/tables.js';
import type { FindByReference } from '../work/reconcile.js';

const BY_REFERENCE = statement(
  `SELECT ${selectList(payments.columns, 'p')} FROM payments p WHERE p.reference = $1 AND p.provider = $2`,
);

/** The payment that the provider calls so, of whichever tenant: the provider knows of no tenants. */
export const findByReference =
  (database: Pick<Database, 'acrossTenants'>): FindByReference =>
  async (provider, reference) => {
    const [row] = await database.acrossTenants.read(BY_REFERENCE, reference, provider);
    return row && payments.decode(row);
  };
