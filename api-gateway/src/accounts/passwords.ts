import { createHash } from 'node:crypto';
import { argon2id, hash, verify } from 'argon2';

/**
 * argon2id with the parameters that OWASP recommends at least (19 MiB, two passes, one lane): about 20 ms, and little
 * enough memory for many log-ins at once.
 * https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
 */
const OPTIONS = { type: argon2id, memoryCost: 19 * 1024, timeCost: 2, parallelism: 1 } as const;
/** 132 bits. */
const MARK_LENGTH = 22;

/**
 * A password in the form in which two are compared: OpaqueString of PRECIS (RFC 8265, section 4.2). Every blank is a
 * space, and letters with accents have one form (NFC), so that it does not matter on which keyboard it is typed. Case and
 * width stay: the RFC forbids to map them, because it would only make passwords easier to guess.
 */
export const prepared = (password: string): string => password.replaceAll(/\p{Zs}/gu, ' ').normalize('NFC');

export const hashPassword = (password: string): Promise<string> => hash(prepared(password), OPTIONS);

/** A hash that no password fits, so that a log-in to a missing account takes as long as any other. */
const nobodys = hashPassword('the hash of an account that does not exist');

/**
 * Says of a token which password it was given for, and nothing about that password: the hash has a salt of its own, which
 * no token shows. A new password has another mark, and so has the same one hashed anew.
 */
export const markOf = (passwordHash: string): string =>
  createHash('sha256').update(passwordHash).digest('base64url').slice(0, MARK_LENGTH);

/** `fits-as-typed`: its hash was made before passwords were prepared, of the very form that is typed now. */
export type Fit = 'fits' | 'fits-as-typed' | 'differs';

/**
 * Whether the password fits the hash; without a hash it never does, after the same work.
 *
 * @param verifies whether a password fits a hash
 */
export async function fitOf(
  stored: string | undefined,
  password: string,
  verifies: (hash: string, password: string) => Promise<boolean> = verify,
): Promise<Fit> {
  const known = stored ?? (await nobodys);
  const form = prepared(password);
  if (await verifies(known, form)) return stored === undefined ? 'differs' : 'fits';
  if (form === password || !(await verifies(known, password))) return 'differs';
  return stored === undefined ? 'differs' : 'fits-as-typed';
}
