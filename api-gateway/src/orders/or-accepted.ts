import { Unavailable } from '@comanda/messaging';
import { Problem } from '../problems/problem.js';

/**
 * The answer of orders-service or, when it is away or doesn't know the order yet, the order as accepted here, if it
 * was.
 */
export async function orAccepted<T>(accepted: T | undefined, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    const notThereYet = error instanceof Unavailable || (error instanceof Problem && error.status === 404);
    if (accepted !== undefined && notThereYet) return accepted;
    throw error;
  }
}

/** An answer that the rest is worth seeing without: `undefined` while its service is away. */
export async function orMissing<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof Unavailable) return undefined;
    throw error;
  }
}
