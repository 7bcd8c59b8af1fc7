import type { ConfirmChannel, GetMessage } from 'amqplib';
import { republishedTo } from '../runtime/failure.js';

/** Bodies may have a megabyte each. */
const AT_ONCE = 50;

/**
 * Moves what is ready in a queue to another one, whole: each message is acked here only after the broker has confirmed
 * it there, so a crash in between leaves it in both and never in none. Resolves with how many there were.
 * @param isMessage tells what is to be moved from what is only to be taken out
 */
export async function move(
  channel: ConfirmChannel,
  from: string,
  to: string,
  isMessage: (message: GetMessage) => boolean = () => true,
): Promise<number> {
  let count = 0;
  for (;;) {
    const got = await Promise.all(Array.from({ length: AT_ONCE }, () => channel.get(from)));
    const batch = got.filter((message) => message !== false);
    const last = batch.at(-1);
    if (!last) return count;
    const messages = batch.filter(isMessage);
    await Promise.all(messages.map((message) => send(channel, to, message)));
    channel.ack(last, true); // and all before it: this channel holds no others
    count += messages.length;
  }
}

/** Resolves when the message is in that queue; rejects when the broker does not take it or the channel ends. */
function send(channel: ConfirmChannel, queue: string, message: GetMessage): Promise<void> {
  const delivery = { ...message, fields: { ...message.fields, consumerTag: '' } };
  const { exchange, routingKey, body, messageId, options } = republishedTo(delivery, queue, {});
  return new Promise((resolve, reject) => {
    let returned = false;
    const onReturn = ({ properties }: { properties: { messageId?: unknown } }) => {
      returned ||= properties.messageId === messageId;
    };
    channel.on('return', onReturn);
    channel.publish(
      exchange,
      routingKey,
      body,
      { ...options, messageId, persistent: true, mandatory: true },
      (error: Error | null) => {
        channel.off('return', onReturn);
        if (error) reject(error);
        else if (returned) reject(new Error(`the queue ${queue} is gone`));
        else resolve();
      },
    );
  });
}
