import { accept, ResealSecrets, type ResultOf } from '@comanda/contracts';
import { type Effect, on, respond } from '@comanda/messaging';
import {
  SealBroken,
  type SealedAtRest,
  type SealedContact,
  type SealedRow,
  type SecretVault,
} from '../storage/secret-vault.js';
import { contacts, subscriptions } from '../storage/tables.js';

type Failed = ResultOf<typeof ResealSecrets>['failed'];

/** What one row keeps sealed, and how it is put back. */
interface Sealed {
  readonly id: string;
  readonly of: SealedRow | SealedContact;
  readonly value: SealedAtRest | null;
  readonly put: (value: SealedAtRest) => Effect;
}

/**
 * A value that does not open stays as it is, and is named: the key may come back. Repeated, it finds what the first key
 * sealed and leaves that alone.
 */
export const resealSecrets = (vault: Pick<SecretVault, 'reseal'>) =>
  on(ResealSecrets, 'reseal secrets', {
    needs: ({ tenantid, data: { kind, ids } }) => ({
      ofSubscriptions: kind === 'subscription' ? ids.map((id) => subscriptions.lock(tenantid, id)) : [],
      ofOrders: kind === 'order' ? ids.map((id) => contacts.lock(tenantid, id)) : [],
    }),
    decide: (_command, { ofSubscriptions, ofOrders }, context) => {
      const found: Sealed[] = [
        ...ofSubscriptions
          .filter((row) => row !== undefined)
          .map((row) => ({
            id: row.subscriptionId,
            of: row,
            value: row.secrets,
            put: (secrets: SealedAtRest) => subscriptions.put({ ...row, secrets }),
          })),
        ...ofOrders
          .filter((row) => row !== undefined)
          .map((row) => ({
            id: row.orderId,
            of: { tenantId: row.tenantId, contactOf: row.orderId },
            value: row.sealed,
            put: (sealed: SealedAtRest) => contacts.put({ ...row, sealed }),
          })),
      ];
      const failed: Failed = [];
      const resealed = found.flatMap(({ id, of, value, put }) => {
        if (value === null) return [];
        try {
          const anew = vault.reseal(value, of, context.newSecret());
          return anew === undefined ? [] : [put(anew)];
        } catch (error) {
          if (!(error instanceof SealBroken)) throw error;
          failed.push({ id, reason: error.message });
          return [];
        }
      });
      return [...resealed, respond(accept({ resealed: resealed.length, failed }))];
    },
  });
