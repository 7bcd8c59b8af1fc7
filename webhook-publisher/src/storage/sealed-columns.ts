import type { SealedKind } from '@comanda/contracts';

interface SealedColumn {
  readonly table: string;
  readonly column: string;
  /** With `tenant_id` the key of its row. */
  readonly id: string;
}

/** All that lies sealed in the database, by what `resealSecrets` calls it; texts on their way are among the dead letters. */
export const SEALED_COLUMNS: Readonly<Record<SealedKind, SealedColumn>> = {
  subscription: { table: 'subscriptions', column: 'secrets', id: 'subscription_id' },
  order: { table: 'contacts', column: 'sealed', id: 'order_id' },
};
