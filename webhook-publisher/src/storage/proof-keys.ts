import { type PublicJwk, publicJwk } from '@comanda/contracts';
import { type SigningKey, signingKeyOf } from '@comanda/kit';
import { type Database, type Reader, statement } from '@comanda/storage';
import { z } from 'zod';
import type { VaultKeys } from './vault-keys.js';

const PURPOSE = 'delivery proofs';

const ADD = statement(
  'INSERT INTO proof_keys (kid, x, made_at) VALUES ($1, $2, $3) ON CONFLICT (kid) DO NOTHING',
);
const ALL = statement('SELECT p.kid AS "kid", p.x AS "x" FROM proof_keys p ORDER BY p.made_at DESC, p.kid');
const Row = z.object({ kid: z.string(), x: z.string() });

/** The key that signs delivery proofs: it comes from the first key of the vault, and changes with it. */
export const proofKeyOf = ([first]: VaultKeys): SigningKey => signingKeyOf(first.key, PURPOSE);

/**
 * Writes down the public part of a key before it signs anything, so that it stays published after the vault has another
 * key: a proof is good for as long as somebody keeps it.
 */
export const publishProofKey = ({ kid, x }: SigningKey, database: Database, now: Date): Promise<void> =>
  database.transaction(async (sql) => {
    await sql.run(ADD, kid, x, now.toISOString());
  });

/** The public parts of all keys that may have signed a proof, newest first. */
export const publishedProofKeys = async (reader: Reader): Promise<PublicJwk[]> =>
  (await reader.read(ALL)).map((row) => publicJwk(Row.parse(row)));
