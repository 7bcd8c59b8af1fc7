import { argon2id, hash, verify } from 'argon2';

/**
 * argon2id with the parameters that OWASP recommends at least (19 MiB, two passes, one lane): about 20 ms, and little
 * enough memory for many log-ins at once.
 * https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
 */
const OPTIONS = { type: argon2id, memoryCost: 19 * 1024, timeCost: 2, parallelism: 1 } as const;

export const hashPassword = (password: string): Promise<string> => hash(password, OPTIONS);

/** A hash that no password fits, so that a log-in to a missing account takes as long as any other. */
const nobodys = hashPassword('the hash of an account that does not exist');

/**
 * Whether the password fits the hash; without a hash it never does, after the same work.
 *
 * @param verifies whether a password fits a hash
 */
export async function passwordFits(
  stored: string | undefined,
  password: string,
  verifies: (hash: string, password: string) => Promise<boolean> = verify,
): Promise<boolean> {
  const fits = await verifies(stored ?? (await nobodys), password);
  return fits && stored !== undefined;
}
