import { EventEmitter } from 'node:events';
import { expect, test } from '@jest/globals';
import type { Channel } from 'amqplib';
import { OrderedAcks } from './ordered-acks.js';

/** What OrderedAcks uses of a channel. */
class FakeChannel extends EventEmitter {
  readonly acked: { tag: number; multiple: boolean }[] = [];
  closing = false;

  ack({ fields }: { fields: { deliveryTag: number } }, multiple: boolean): void {
    if (this.closing) throw new Error('Channel closing');
    this.acked.push({ tag: fields.deliveryTag, multiple });
  }
}

function line() {
  const channel = new FakeChannel();
  return { channel, line: new OrderedAcks(channel as unknown as Channel) };
}
const turn = () => new Promise((resolve) => setImmediate(resolve));

test('deliveries that are settled together are acked together', async () => {
  const { channel, line: acks } = line();
  for (const settle of [1, 2, 3].map((tag) => acks.enter(tag))) settle();
  await turn();
  expect(channel.acked).toEqual([{ tag: 3, multiple: true }]);
});

test('nothing is acked before everything ahead of it is settled', async () => {
  const { channel, line: acks } = line();
  const [first, second, third] = [1, 2, 3].map((tag) => acks.enter(tag));
  third?.();
  second?.();
  await turn();
  expect(channel.acked).toEqual([]);
  first?.();
  await turn();
  expect(channel.acked).toEqual([{ tag: 3, multiple: true }]);
});

test('the line is empty when all is acked, and not before', async () => {
  const { channel, line: acks } = line();
  await acks.empty();
  const settle = acks.enter(1);
  let empty = false;
  const emptied = acks.empty().then(() => {
    empty = true;
  });
  await turn();
  expect(empty).toBe(false);
  settle();
  await emptied;
  expect(channel.acked).toHaveLength(1);
});

test('when the channel closes, the line is empty and nothing is acked any more', async () => {
  const { channel, line: acks } = line();
  const settle = acks.enter(1);
  const emptied = acks.empty();
  channel.emit('close');
  await emptied;
  settle();
  await turn();
  expect(acks.closed).toBe(true);
  expect(channel.acked).toEqual([]);
});

test('a channel that is closing already refuses the ack: that is the end of the line, and no error', async () => {
  const { channel, line: acks } = line();
  const settle = acks.enter(1);
  acks.enter(2);
  const emptied = acks.empty();
  channel.closing = true;
  settle();
  await emptied;
  expect(acks.closed).toBe(true);
});
