import { newId } from '@comanda/contracts';
import { until } from '@comanda/kit';
import { type RabbitMqServer, startRabbitMq } from '@comanda/local-infra';
import { Folder, RawBroker, RecordingLogger } from '@comanda/test-kit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Instance } from '../testing/instance.js';
import { Add, counted, DEAD_LETTERS, many, Noted, QUEUE } from '../testing/ledger.js';
import { LISTENER } from '../testing/stage.js';
import { Broker } from './broker.js';
import { Requester } from './requester.js';

const folder = new Folder();
let rabbit: RabbitMqServer;
let instance: Instance;
let file: string;

beforeAll(async () => {
  rabbit = await startRabbitMq({ directory: folder.file('rabbitmq') });
});
afterAll(async () => {
  await rabbit.discard();
  folder.remove();
});
beforeEach(async () => {
  const raw = await RawBroker.open(rabbit.url);
  await raw.listen(LISTENER, [Noted.type]);
  await raw.drain(LISTENER);
  await raw.close();
  file = folder.file(`${newId()}.db`);
  instance = await Instance.start({ rabbitUrl: rabbit.url, file });
});
afterEach(() => instance.close());

/** Commits messages to our own queue, a few at a time, until it is stopped; resolves with their ids. */
function stream() {
  let on = true;
  const ids: string[] = [];
  const ended = (async () => {
    while (on) {
      const messages = many(10, (at) => counted({ counter: `c${at}` }));
      await instance.database.transaction((transaction) =>
        transaction.addToOutbox(
          messages.map(({ id, type, body }) => ({ messageId: id, type, body: body.toString('utf8') })),
          new Date().toISOString(),
        ),
      );
      ids.push(...messages.map(({ id }) => id));
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  })();
  return {
    ids,
    async end() {
      on = false;
      await ended;
      return ids;
    },
  };
}

/** All that was committed took effect once, and each event was published at least once. */
async function expectAll(ids: readonly string[]): Promise<void> {
  await until('all took effect', async () => (await instance.rows('effects')) >= ids.length);
  await until('the outbox is empty', async () => (await instance.rows('outbox')) === 0);
  await instance.stop();
  expect((await instance.effects()).map(({ messageId }) => messageId).sort()).toEqual([...ids].sort());
  const raw = await RawBroker.open(rabbit.url);
  const published = await raw.events(LISTENER);
  expect(new Set(published.map(({ id }) => id)).size).toBe(ids.length);
  expect(await raw.ready(QUEUE)).toBe(0);
  expect(await raw.ready(DEAD_LETTERS)).toBe(0);
  await raw.close();
}

describe('a broker', () => {
  test.each(['stopped', 'killed'])(
    '%s under a stream of messages loses none and doubles none',
    async (how) => {
      const committed = stream();
      await until('it is in full swing', async () => (await instance.rows('effects')) >= 50);
      if (how === 'stopped') {
        await rabbit.stop();
      } else {
        await rabbit.settleDeclarations();
        await rabbit.kill();
      }
      await until('it is missed', () => instance.messaging.unhealthyReason !== undefined);
      const then = committed.ids.length;
      await until('a good deal is committed without it', () => committed.ids.length > then + 200);
      await rabbit.start();
      await instance.messaging.ready();
      await until('nothing is in trouble', () => instance.messaging.unhealthyReason === undefined);
      const since = committed.ids.length;
      await until('more is committed', () => committed.ids.length > since + 50);
      await expectAll(await committed.end());
    },
  );

  test('short of memory takes nothing: the health says so, nothing is lost, and publishing goes on by itself', async () => {
    const gateway = new Broker(rabbit.url, 'test', new RecordingLogger());
    const requester = new Requester('api-gateway', gateway);
    await requester.ready();
    const add = () =>
      requester.send(
        Add,
        { counter: 'a', refuse: false },
        { tenantId: 'default', correlationId: 't', subject: 'a' },
      );
    await add();
    await rabbit.ctl('set_vm_memory_high_watermark', 'absolute', '1');
    const committed = stream();
    await until('the health says so', () => instance.messaging.unhealthyReason?.includes('blocked') ?? false);
    await add().catch(() => undefined); // the broker blocks a connection only once it publishes
    await until('the gateway knows', () => requester.unhealthyReason?.includes('blocked') ?? false);
    await expect(add()).rejects.toMatchObject({ name: 'Unavailable', reason: 'broker' });
    const then = committed.ids.length;
    await until('more is committed', () => committed.ids.length > then + 50);
    await rabbit.ctl('set_vm_memory_high_watermark', '0.6');
    await until('nothing is in trouble', () => instance.messaging.unhealthyReason === undefined);
    await until('the gateway, too', () => requester.unhealthyReason === undefined);
    const ids = await committed.end();
    await until(
      'all took effect',
      async () =>
        (await instance.effects()).filter(({ messageId }) => ids.includes(messageId)).length >= ids.length,
    );
    await gateway.close();
    await instance.stop();
    expect((await instance.effects()).filter(({ messageId }) => ids.includes(messageId))).toHaveLength(
      ids.length,
    );
  });

  test('short of memory does not keep the service from stopping: what it cannot publish waits in the outbox', async () => {
    await rabbit.ctl('set_vm_memory_high_watermark', 'absolute', '1');
    const committed = stream();
    await until('the health says so', () => instance.messaging.unhealthyReason?.includes('blocked') ?? false);
    const then = committed.ids.length;
    await until('more is committed', () => committed.ids.length > then + 50);
    const ids = await committed.end();
    await instance.stop();
    expect(await instance.rows('outbox')).toBeGreaterThanOrEqual(50);
    await instance.close();
    await rabbit.ctl('set_vm_memory_high_watermark', '0.6');

    instance = await Instance.start({ rabbitUrl: rabbit.url, file });
    await expectAll(ids);
  });

  test('that hangs does not keep the service from stopping', async () => {
    await rabbit.pause();
    try {
      await instance.stop();
    } finally {
      await rabbit.resume();
    }
    expect(await instance.rows('outbox')).toBe(0);
  });
});
