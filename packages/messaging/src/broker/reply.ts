import type { Reply } from '@comanda/contracts';
import type { Logger } from '@comanda/kit';
import type { Delivery, Transport } from './transport.js';
import { correlationIdIn } from './wire.js';

/**
 * Answers a request on RabbitMQ's direct reply-to. An answer is not kept: a caller that is gone by then has to ask
 * again.
 */
export async function answer(
  { transport, logger }: { transport: Pick<Transport, 'publish'>; logger: Logger },
  { properties: { replyTo, correlationId, messageId }, content }: Pick<Delivery, 'properties' | 'content'>,
  reply: Reply,
): Promise<void> {
  if (typeof replyTo !== 'string') return;
  try {
    await transport.publish({
      exchange: '',
      routingKey: replyTo,
      messageId: `reply-${String(messageId)}`,
      body: Buffer.from(JSON.stringify(reply)),
      options: { correlationId, contentType: 'application/json', persistent: false, mandatory: false },
    });
  } catch (error) {
    logger.debug(
      { messageId, correlationId: correlationIdIn(content), error: String(error) },
      'nobody took the reply',
    );
  }
}
