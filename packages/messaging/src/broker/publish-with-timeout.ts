import { type Outgoing, type Publisher, PublishFailed } from './publisher.js';
import { EXCHANGE } from './topology.js';
import { Unavailable } from './unavailable.js';

/** Confirms that take longer than this count as not given. */
const CONFIRM_MS = 5_000;

/** Publishes for somebody who waits: with a limit to their patience. Throws `Unavailable`; the message may be there. */
export async function publishWithTimeout(publisher: Publisher, message: Outgoing): Promise<void> {
  const { unhealthyReason } = publisher.broker;
  // A blocked broker reads nothing from us: better to say so than to fill its socket's buffer.
  if (unhealthyReason !== undefined) throw new Unavailable('broker', unhealthyReason);
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Unavailable('broker', `no confirm within ${CONFIRM_MS} ms`)),
      CONFIRM_MS,
    );
  });
  try {
    await Promise.race([publisher.publish(message), patience]);
  } catch (error) {
    if (!(error instanceof PublishFailed)) throw error;
    throw new Unavailable(
      error.reason === 'unroutable' && message.exchange !== EXCHANGE ? 'service' : 'broker',
      error.message,
    );
  } finally {
    clearTimeout(timer);
  }
}
