import { RecordingLogger } from '@comanda/test-kit';
import { expect, test } from '@jest/globals';
import { ENTROPY } from './entropy.js';
import { Outbox, type OutboxOptions } from './outbox.js';
import type { Timers } from './ports.js';

/** Time that stands still until a test lets it go on. */
class FakeTimers implements Pick<Timers, 'now' | 'after'> {
  #now = 0;
  readonly #waiting: { at: number; run: () => void }[] = [];

  now(): Date {
    return new Date(this.#now);
  }

  after(ms: number, run: () => void) {
    const timer = { at: this.#now + ms, run };
    this.#waiting.push(timer);
    return () => void this.#waiting.splice(this.#waiting.indexOf(timer), 1);
  }

  async pass(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      const next = this.#waiting.filter(({ at }) => at <= end).sort((one, other) => one.at - other.at)[0];
      if (!next) break;
      this.#waiting.splice(this.#waiting.indexOf(next), 1);
      this.#now = Math.max(this.#now, next.at);
      next.run();
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.#now = end;
  }
}

test('events that are published are taken out of the outbox in the end, also when the database refuses that at first', async () => {
  const timers = new FakeTimers();
  const removed: (readonly string[])[] = [];
  let refusals = 2;
  const store = {
    outboxPage: async () => [],
    transaction: async (work: (transaction: object) => Promise<unknown>) => {
      if (refusals-- > 0) throw new Error('database or disk is full');
      return work({ removeFromOutbox: async (ids: readonly string[]) => void removed.push(ids) });
    },
  } as unknown as OutboxOptions['store'];
  const transport = { publish: async () => {}, ready: async () => {}, unhealthyReason: undefined };
  const outbox = new Outbox({ transport, store, timers, entropy: ENTROPY, logger: new RecordingLogger() });
  outbox.start();
  await outbox.publish([{ messageId: 'a', type: 'test.noted', body: '{}' }]);
  await timers.pass(500);
  expect(removed).toEqual([]);
  await timers.pass(5_000);
  expect(removed).toEqual([['a']]);
  await timers.pass(60_000);
  expect(removed).toEqual([['a']]);
});
