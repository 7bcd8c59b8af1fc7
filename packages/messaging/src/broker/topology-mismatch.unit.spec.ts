import { describe, expect, test } from '@jest/globals';
import { describeTopologyMismatch, topologyMismatchOf } from './topology-mismatch.js';

/** As RabbitMQ says it, and amqplib hands it on. */
const answer = (text: string) =>
  new Error(
    `Operation failed: QueueDeclare; 406 (PRECONDITION-FAILED) with message "PRECONDITION_FAILED - ${text}"`,
  );

const lineFor = (text: string): string | undefined => {
  const mismatch = topologyMismatchOf(answer(text));
  return mismatch && describeTopologyMismatch(mismatch);
};

describe("the broker's answer to a declaration that differs", () => {
  test.each([
    [
      "inequivalent arg 'x-delivery-limit' for queue 'orders_queue' in vhost '/': received the value '50' of type 'signedint' but current is none",
      "queue orders_queue is declared otherwise on the broker: x-delivery-limit is none and should be '50'. Stop everything but the orders-service that is running, wait until orders_queue is empty, stop that too, delete orders_queue, and start again: docs/decisions/14-queues-declared-otherwise.md",
    ],
    [
      "inequivalent arg 'x-message-ttl' for queue 'webhooks_queue.retry.5s' in vhost 'a/b': received the value '5000' of type 'signedint' but current is the value '1' of type 'signedint'",
      "queue webhooks_queue.retry.5s is declared otherwise on the broker: x-message-ttl is '1' and should be '5000'. Stop everything but the webhook-publisher that is running, wait until webhooks_queue.retry.5s is empty, stop that too, delete webhooks_queue.retry.5s, and start again: docs/decisions/14-queues-declared-otherwise.md",
    ],
    [
      "inequivalent arg 'durable' for queue 'orders_queries' in vhost '/': received 'true' but current is 'false'",
      "queue orders_queries is declared otherwise on the broker: durable is 'false' and should be 'true'. It holds nothing that lasts: stop the services that use it, delete it, and start again; it is then declared anew.",
    ],
    [
      "inequivalent arg 'type' for exchange 'comanda.events' in vhost '/': received 'topic' but current is 'fanout'",
      "exchange comanda.events is declared otherwise on the broker: type is 'fanout' and should be 'topic'. It holds nothing that lasts: stop all services, delete it, and start again; it is then declared anew.",
    ],
  ])('%s is described in one line', (text, line) => {
    expect(lineFor(text)).toBe(line);
  });

  test('is distinguished from other errors', () => {
    expect(lineFor('unknown delivery tag 4711')).toBeUndefined();
    expect(topologyMismatchOf(new Error('channel closed during set-up'))).toBeUndefined();
    expect(topologyMismatchOf(undefined)).toBeUndefined();
  });
});
