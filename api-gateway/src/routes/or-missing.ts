import { Unavailable } from '@comanda/messaging';

/** An answer that the rest is worth seeing without: `undefined` while its service is away. */
export async function orMissing<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof Unavailable) return undefined;
    throw error;
  }
}
