import { TimedOut, withTimeout } from '@comanda/kit';
import type { Publisher } from './publisher.js';
import { EXCHANGE } from './topology.js';
import { type Outgoing, PublishFailed } from './transport.js';
import { Unavailable } from './unavailable.js';

/** Confirms that take longer than this count as not given. */
const CONFIRM_MS = 5_000;

/** Publishes for a caller who waits. Throws `Unavailable` when no confirm comes; the broker may have the message all the same. */
export async function publishWithTimeout(publisher: Publisher, message: Outgoing): Promise<void> {
  const { unhealthyReason } = publisher.broker;
  // A blocked broker reads nothing from us: better to say so than to fill its socket's buffer.
  if (unhealthyReason !== undefined) throw new Unavailable('broker', unhealthyReason);
  try {
    await withTimeout(publisher.publish(message), CONFIRM_MS, 'the confirm');
  } catch (error) {
    if (error instanceof TimedOut) throw new Unavailable('broker', error.message);
    if (!(error instanceof PublishFailed)) throw error;
    throw new Unavailable(
      error.reason === 'unroutable' && message.exchange !== EXCHANGE ? 'service' : 'broker',
      error.message,
    );
  }
}
