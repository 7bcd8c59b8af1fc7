import { messageOf } from '@comanda/kit';
import { Unavailable } from '@comanda/messaging';

/**
 * What others tell us must be on disk before they hear that we have it. Whatever failed, it is not: they tell it again when they
 * hear that this is for later.
 */
export async function orLater(sent: Promise<unknown>): Promise<void> {
  try {
    await sent;
  } catch (error) {
    throw error instanceof Unavailable ? error : new Unavailable('broker', messageOf(error));
  }
}
