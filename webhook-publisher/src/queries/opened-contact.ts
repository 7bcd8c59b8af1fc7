import type { Contact } from '@comanda/contracts';
import { contactIn } from '../domain/contact.js';
import { SealBroken, type SecretVault } from '../storage/secret-vault.js';
import type { ContactRow } from '../storage/tables.js';

/** `undefined` for one that is erased, or that no key opens any more: what was told is worth seeing all the same. */
export function openedContact(
  { tenantId, orderId, sealed }: ContactRow,
  vault: Pick<SecretVault, 'open'>,
): Contact | undefined {
  if (sealed === null) return undefined;
  try {
    return contactIn(vault.open(sealed, { tenantId, contactOf: orderId }));
  } catch (error) {
    if (error instanceof SealBroken) return undefined;
    throw error;
  }
}
