import { accept, GetContactKey } from '@comanda/contracts';
import { answers, type QueryAnswer } from '@comanda/service-kit';
import type { SecretVault } from '../storage/secret-vault.js';

/** For which key contacts are sealed: that of the first of `WEBHOOK_ENCRYPTION_KEYS`. */
export const getContactKey = (vault: Pick<SecretVault, 'publicKey'>): QueryAnswer =>
  answers(GetContactKey, async () => accept({ sealFor: vault.publicKey }));
