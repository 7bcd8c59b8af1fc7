import { Unavailable } from '@comanda/messaging';
import { describe, expect, test } from '@jest/globals';
import * as amqplib from 'amqplib';
import * as ioredis from 'ioredis';
import * as jose from 'jose';
import Stripe from 'stripe';
import { problemOfError } from '../problems/problem-of-error.js';
import { ProviderNews } from './provider-news.js';

/** An error of each class that a library exports; the arguments of its constructor are of no interest here. */
const errorsOf = (library: object): Error[] =>
  Object.values(library).flatMap((Class: unknown) => {
    if (typeof Class !== 'function' || !(Class.prototype instanceof Error)) return [];
    const error: unknown = Reflect.construct(Class, [{ message: 'no' }, 'no', 'no', []]);
    return error instanceof Error ? [error] : [];
  });

const THROWN = [
  ...[Stripe.errors, jose.errors, ioredis, amqplib].flatMap(errorsOf),
  ...[Error, TypeError, RangeError, SyntaxError].map((Class) => new Class('no')),
  Object.assign(new Error('closed'), { code: 'UND_ERR_SOCKET' }),
  Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }),
  new Unavailable('service', 'away'),
];

describe('a provider that calls with news', () => {
  test('meets errors of many classes', () => expect(THROWN.length).toBeGreaterThan(20));

  test.each(THROWN.map((error) => [error.constructor.name, error] as const))(
    'is told to come again, whatever a library throws: %s',
    async (_, thrown) => {
      const requester = { send: () => Promise.reject(thrown) };
      const logged: object[] = [];
      const logger = { info: (line: object) => void logged.push(line) };
      const news = new ProviderNews(requester as never, logger as never);
      const about = {
        callId: 'evt_1',
        type: 'refund.failed',
        about: 'money-back',
        reference: 'pi_1',
      } as const;
      const failed = await news
        .tell('stripe', about, { tenantId: 'default', correlationId: '1' })
        .catch(problemOfError);
      expect(failed?.status).toBe(503);
      expect(logged).toEqual([]);
    },
  );
});
