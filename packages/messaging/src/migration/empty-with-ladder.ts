import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { ConfirmChannel, GetMessage } from 'amqplib';
import { move } from './move.js';

const MARK = 'x-comanda-ladder-mark';
const MARK_BODY = Buffer.from('left by an interrupted migration of this queue; it can be thrown away');
/** How long a mark may take through a step of the ladder; one that takes longer leads nowhere. */
const MARK_PATIENCE_MS = 10_000;
const LOOK_AGAIN_MS = 50;

/**
 * Moves everything from a queue and its ladder to the refuge. A step of the ladder may have handed a message to the
 * queue that nobody can see yet, on either side. So a mark is sent after it, which goes the same way and overtakes
 * nothing: when each step's mark has come out, nothing else will. Resolves with how many messages there were.
 */
export async function emptyWithLadder(of: {
  readonly channel: ConfirmChannel;
  readonly queue: string;
  readonly ladder: readonly string[];
  readonly refuge: string;
}): Promise<number> {
  const { channel, queue, ladder, refuge } = of;
  const awaited = new Map(ladder.map((step) => [`${step} ${randomUUID()}`, step]));
  // Marks of an interrupted run are taken out too, and tell nothing.
  const isMessage = ({ properties }: GetMessage): boolean => {
    const mark: unknown = properties.headers?.[MARK];
    if (typeof mark === 'string') awaited.delete(mark);
    return mark === undefined;
  };
  let count = 0;
  for (const step of ladder) count += await move(channel, step, refuge, isMessage);
  for (const [mark, step] of awaited)
    channel.sendToQueue(step, MARK_BODY, { headers: { [MARK]: mark }, expiration: '1', persistent: true });
  await channel.waitForConfirms();

  let deadline = performance.now() + MARK_PATIENCE_MS;
  for (;;) {
    const found = await move(channel, queue, refuge, isMessage);
    count += found;
    if (found > 0) deadline = performance.now() + MARK_PATIENCE_MS;
    else if (awaited.size === 0 || performance.now() > deadline) return count;
    if (awaited.size > 0) await pause(LOOK_AGAIN_MS);
  }
}
