import type { Reply } from '@comanda/contracts';
import type { Logger } from '@comanda/kit';
import type { ConsumeMessage } from 'amqplib';
import type { Publisher } from '../broker/publisher.js';

/**
 * Answers a request to whoever waits for it, on RabbitMQ's direct reply-to. An answer is not kept: whoever asked
 * and is gone asks again.
 */
export async function answer(
  { publisher, logger }: { publisher: Publisher; logger: Logger },
  { properties: { replyTo, correlationId, messageId } }: ConsumeMessage,
  reply: Reply,
): Promise<void> {
  if (typeof replyTo !== 'string') return;
  try {
    await publisher.publish({
      exchange: '',
      routingKey: replyTo,
      messageId: `reply-${String(messageId)}`,
      body: Buffer.from(JSON.stringify(reply)),
      options: { correlationId, contentType: 'application/json', persistent: false, mandatory: false },
    });
  } catch (error) {
    logger.debug({ messageId, error: String(error) }, 'nobody took the reply');
  }
}
