import 'reflect-metadata';
import { COMMANDS, defineEvent, EVENTS, newId } from '@comanda/contracts';
import { FatalStartupError, until } from '@comanda/kit';
import { openTestDatabase, RecordingLogger, rabbitUrl } from '@comanda/test-kit';
import { describe, expect, test } from '@jest/globals';
import { Controller, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventPattern } from '@nestjs/microservices';
import { z } from 'zod';
import { Messaging } from '../messaging.js';
import { emit } from '../runtime/effects.js';
import { HEADERS } from '../runtime/failure.js';
import { type Handler, on } from '../runtime/handler.js';
import { jobs } from '../testing/jobs.js';
import { counted, counters, DEAD_LETTERS, QUEUE, SERVICE } from '../testing/ledger.js';
import { useStage } from '../testing/stage.js';
import { handlers } from './decorators.js';
import { RabbitMqStrategy } from './strategy.js';

const stage = useStage();

/** A handler for everything that the catalogue sends to products-service. */
const complete: readonly Handler[] = [
  ...EVENTS.filter(({ consumers }) => consumers.includes(SERVICE)),
  ...COMMANDS.filter(({ to }) => to === SERVICE),
].map((type) => on(type, `handle ${type.type}`, { needs: () => ({}), decide: () => [] }));

/** Starts a service of these controllers as Nest does, and says how that ended. */
async function startWith(...controllers: Type[]): Promise<unknown> {
  const database = await openTestDatabase(stage.folder.file('nest.db'));
  class Service {}
  Module({ controllers })(Service);
  const strategy = new RabbitMqStrategy({
    service: SERVICE,
    rabbitUrl: rabbitUrl(),
    database,
    redis: undefined,
    work: [],
    logger: new RecordingLogger(),
  });
  try {
    const app = await NestFactory.createMicroservice(Service, {
      strategy,
      logger: false,
      abortOnError: false,
    });
    await app.listen();
    await strategy.messaging?.ready();
    await app.close();
    return 'started';
  } catch (error) {
    expect(strategy.messaging).toBeUndefined(); // it has not touched the broker
    return error;
  } finally {
    await database.close();
  }
}

describe('a service that Nest starts', () => {
  test('with a handler for each of its types runs', async () => {
    expect(await startWith(...handlers(...complete))).toBe('started');
  });

  test('with two handlers for one type is refused', async () => {
    const [first] = complete;
    if (!first) throw new Error('the catalogue sends it nothing');
    const refused = await startWith(...handlers(...complete, { ...first, name: 'another' }));
    expect(refused).toBeInstanceOf(FatalStartupError);
    expect(String(refused)).toContain(`there are two handlers for ${first.on.type}`);
  });

  test('without a handler for one of its types is refused', async () => {
    const [first, ...others] = complete;
    const refused = await startWith(...handlers(...others));
    expect(refused).toBeInstanceOf(FatalStartupError);
    expect(String(refused)).toContain(`products-service has no handler for ${first?.on.type}, which`);
  });

  test("with a handler without a schema, as Nest's own documentation writes them, is refused", async () => {
    class Tutorial {
      handle(): void {}
    }
    const method = Object.getOwnPropertyDescriptor(Tutorial.prototype, 'handle');
    if (!method) throw new Error('unreachable: the class has the method');
    EventPattern('order.created')(Tutorial.prototype, 'handle', method);
    Controller()(Tutorial);
    const refused = await startWith(...handlers(...complete), Tutorial);
    expect(refused).toBeInstanceOf(FatalStartupError);
    expect(String(refused)).toContain('order.created has neither a handler with a schema nor a query');
  });
});

describe('messaging', () => {
  test('with two kinds of work of one name does not start', async () => {
    const database = await openTestDatabase(stage.folder.file('work.db'));
    const twice = () =>
      new Messaging({
        service: SERVICE,
        rabbitUrl: rabbitUrl(),
        database,
        redis: undefined,
        handlers: [],
        queries: [],
        work: [jobs({}), jobs({})],
        logger: new RecordingLogger(),
      });
    expect(twice).toThrow(FatalStartupError);
    expect(twice).toThrow('there are two kinds of work called test.job');
    await database.close();
  });

  test('refuses to start on a queue that is declared otherwise, and logs it once; once started, it goes on trying', async () => {
    const step = 'products_queue.retry.2s';
    await (await stage.start()).stop();
    await stage.raw.delete(step);
    await stage.raw.declare(step, { durable: true, arguments: { 'x-queue-type': 'quorum' } });
    const instance = await stage.create();
    const refusal = await instance.messaging.refused;
    expect(refusal).toBeInstanceOf(FatalStartupError);
    expect(refusal.message).toContain(`queue ${step} is declared otherwise on the broker: x-`);
    expect(refusal.message).toContain(`delete ${step}, and start again`);
    expect(instance.log.said('channel could not be set up')).toEqual([]);
    expect(instance.messaging.unhealthyReason).toContain(refusal.message);
    await instance.stop();
    await stage.raw.delete(step);
  });

  test('commits no event that no queue is bound to: the message is a dead letter that says so', async () => {
    const forgotten = defineEvent('product.forgotten', {
      publisher: SERVICE,
      aggregate: 'product',
      consumers: ['orders-service'],
      summary: 'Defined, and never added to the catalogue.',
      data: z.object({}),
      example: {},
    });
    const message = counted({ counter: 'a' });
    const instance = await stage.start({
      publishes: new Set(['product.created']),
      handlers: [
        on(
          defineEvent('test.counted', {
            publisher: 'orders-service',
            aggregate: 'order',
            consumers: [SERVICE],
            summary: '',
            data: z.object({}),
            example: {},
          }),
          'publish what no queue is bound to',
          {
            needs: () => ({}),
            decide: () => [
              counters.put({ name: 'told', count: 1, link: null }),
              emit(forgotten, { id: newId(), subject: 'a', sequence: 1, data: {} }),
            ],
          },
        ),
      ],
    });
    await stage.raw.publish([message]);
    await until('it is a dead letter', async () => (await stage.raw.ready(DEAD_LETTERS)) === 1);
    expect(await instance.rows('outbox')).toBe(0);
    expect(await instance.count('told')).toBe(0);
    await instance.stop();
    const [deadLetter] = await stage.raw.drain(DEAD_LETTERS);
    expect(deadLetter?.properties.headers?.[HEADERS.cause]).toBe(
      'Error: product.forgotten is not in the catalogue: no queue is bound to it',
    );
    expect(await stage.raw.ready(QUEUE)).toBe(0);
  });
});
