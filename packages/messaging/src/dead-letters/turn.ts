import { setTimeout as pause } from 'node:timers/promises';
import type { Channel } from 'amqplib';
import type { Broker } from '../broker/broker.js';
import { Unavailable } from '../broker/unavailable.js';

const ASK_AGAIN_MS = 100;

/**
 * Waits for our turn at something that only one may do at a time, wherever they run: the turn is an exclusive
 * consumer on a queue of that name, which the broker grants once. It ends with the channel, and so with its process.
 *
 * @returns the channel that has the turn; who closes it gives the turn away
 * @throws Unavailable when it is not our turn within `patienceMs`, or the broker is away
 */
export async function takeTurn(broker: Broker, name: string, patienceMs: number): Promise<Channel> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const channel = await broker.openChannel().catch(away);
    try {
      await channel.assertQueue(name, { durable: true, autoDelete: true });
      await channel.consume(name, () => undefined, { exclusive: true, noAck: true });
      return channel;
    } catch (error) {
      // The broker has closed the channel.
      if (!isTaken(error)) away(error);
    }
    if (performance.now() > deadline)
      throw new Unavailable('timeout', `somebody else has held ${name} for ${patienceMs} ms`);
    await pause(ASK_AGAIN_MS);
  }
}

/** 403: another consumer is there. 404: it left, and took the queue with it, between our two calls. */
const isTaken = (error: unknown): boolean =>
  error instanceof Error && /exclusive use|NOT_FOUND/.test(error.message);

function away(error: unknown): never {
  throw new Unavailable('broker', error instanceof Error ? error.message : String(error));
}
