import { accept, ResealSecrets, type ResultOf } from '@comanda/contracts';
import { on, respond } from '@comanda/messaging';
import { SealBroken, type SecretVault } from '../storage/secret-vault.js';
import { subscriptions } from '../storage/tables.js';

type Failed = ResultOf<typeof ResealSecrets>['failed'];

/**
 * A value that does not open stays as it is, and is named: the key may come back. Repeated, it finds what the first key
 * sealed and leaves that alone.
 */
export const resealSecrets = (vault: Pick<SecretVault, 'reseal'>) =>
  on(ResealSecrets, 'reseal secrets', {
    needs: ({ tenantid, data }) => ({
      rows: data.subscriptionIds.map((subscriptionId) => subscriptions.lock(tenantid, subscriptionId)),
    }),
    decide: (_command, { rows }, context) => {
      const failed: Failed = [];
      const resealed = rows.flatMap((row) => {
        if (!row || row.secrets === null) return [];
        try {
          const secrets = vault.reseal(row.secrets, row, context.newSecret());
          return secrets === undefined ? [] : [subscriptions.put({ ...row, secrets })];
        } catch (error) {
          if (!(error instanceof SealBroken)) throw error;
          failed.push({ subscriptionId: row.subscriptionId, reason: error.message });
          return [];
        }
      });
      return [...resealed, respond(accept({ resealed: resealed.length, failed }))];
    },
  });
