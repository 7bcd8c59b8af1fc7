import { accept, ListProofKeys } from '@comanda/contracts';
import { answers } from '@comanda/service-kit';
import { publishedProofKeys } from '../storage/proof-keys.js';

/** The public keys of delivery proofs, also of those that a former key has signed. */
export const listProofKeys = answers(ListProofKeys, async (database) =>
  accept({ keys: await publishedProofKeys(database) }),
);
