import { Unavailable } from '@comanda/messaging';
import { Problem } from '../problems/problem.js';

/** What orders-service says; when it doesn't know the order yet, or is away, what was accepted here, if anything was. */
export async function orAccepted<T>(accepted: T | undefined, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    const notThereYet = error instanceof Unavailable || (error instanceof Problem && error.status === 404);
    if (accepted !== undefined && notThereYet) return accepted;
    throw error;
  }
}
