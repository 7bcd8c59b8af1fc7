import { trustedCaOf } from '@comanda/kit';
import { thrownBy } from '@comanda/test-kit';
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { commonSettings, databaseUrl, rabbitUrlOf, readsUrl, readsUrlOf, redisOf } from './config.js';
import { ConfigurationError, port, readConfig, wholeNumber, yesNo } from './settings.js';

const Settings = z.object({
  ...commonSettings,
  PORT: port(3001),
  DATABASE_URL: databaseUrl('sqlite:.comanda/test.db'),
  TTL_SECONDS: wholeNumber(900, 1, 86_400),
  STRICT: yesNo(true),
});

const FORM =
  'must be amqp://user:password@host:port, or several with commas between (a comma of a password is %2C)';
const problemsOf = (environment: Record<string, string>): readonly string[] => {
  const error = thrownBy(() => readConfig(Settings, environment));
  return error instanceof ConfigurationError ? error.problems : [];
};

describe('the configuration', () => {
  test('has a standard for everything', () => {
    expect(readConfig(Settings, {})).toEqual({
      RABBITMQ_URL: 'amqp://guest:guest@localhost:5672',
      REDIS_URL: 'redis://localhost:6379',
      REDIS_PREFIX: '',
      LOG_LEVEL: 'info',
      COMANDA_DEMO: false,
      BIND_HOST: '127.0.0.1',
      HOUSEKEEPING_EVERY_SECONDS: 300,
      OUTBOX_KEPT_SECONDS: 0,
      DEAD_LETTER_REPLAY_DAYS: 14,
      PORT: 3001,
      DATABASE_URL: 'sqlite:.comanda/test.db',
      TTL_SECONDS: 900,
      STRICT: true,
    });
  });

  test('takes what is set; an empty variable is not set; what it does not know it leaves alone', () => {
    const config = readConfig(Settings, {
      PORT: '8080',
      TTL_SECONDS: '',
      STRICT: 'false',
      HOME: '/root',
      LOG_LEVEL: undefined,
    });
    expect(config).toMatchObject({ PORT: 8080, TTL_SECONDS: 900, STRICT: false, LOG_LEVEL: 'info' });
    expect(config).not.toHaveProperty('HOME');
  });

  test('tells every problem in a line of its own that begins with the name of the variable', () => {
    const problems = problemsOf({
      PORT: '70000',
      RABBITMQ_URL: 'localhost:5672',
      REDIS_URL: 'http://localhost',
      REDIS_PREFIX: 'our shop',
      LOG_LEVEL: 'loud',
      STRICT: 'yes',
      DATABASE_URL: 'postgres://x',
      TTL_SECONDS: '1.5',
    });
    expect(problems.map((problem) => problem.split(':')[0]).sort()).toEqual([
      'DATABASE_URL',
      'LOG_LEVEL',
      'PORT',
      'RABBITMQ_URL',
      'REDIS_PREFIX',
      'REDIS_URL',
      'STRICT',
      'TTL_SECONDS',
    ]);
    for (const problem of problems) expect(problem).not.toContain('\n');
    expect(problems).toContain(`RABBITMQ_URL: ${FORM}`);
    expect(problems).toContain('TTL_SECONDS: must be a whole number');
  });

  test.each([
    'sqlite:a.db',
    'postgres://host/orders',
    'postgresql://user:p%40ss@host:5433/comanda?schema=orders&sslmode=verify-full',
  ])('keeps books at %s', (url) => {
    expect(problemsOf({ DATABASE_URL: url })).toEqual([]);
  });

  test.each([
    ['mysql://host/orders', 'must be sqlite:path or postgres://user:password@host:port/database'],
    ['orders.db', 'must be sqlite:path or postgres://user:password@host:port/database'],
    ['sqlite:', 'must be sqlite:path or postgres://user:password@host:port/database'],
    ['postgres://x', 'must name a host and a database'],
    ['postgres://host:port/orders', 'must be postgres://user:password@host:port/database'],
    ...['no-verify', 'require', 'prefer', 'verify-ca'].map((mode): [string, string] => [
      `postgres://host/comanda?sslmode=${mode}`,
      "sslmode: verify-full checks the server's certificate (sslrootcert=file names whom to trust); another way of TLS is not taken",
    ]),
    [
      'postgres://host/comanda?schema=a;b',
      'schema: lower-case letters, digits and _, not a digit first, at most 63',
    ],
  ])('has no books at %s', (url, problem) => {
    expect(problemsOf({ DATABASE_URL: url })).toEqual([`DATABASE_URL: ${problem}`]);
  });

  test('reads lists from a standby that is a PostgreSQL, of a database that is one', () => {
    const url = 'postgres://standby/comanda?schema=orders';
    const problemsOfReads = (READS_URL: string) => {
      const error = thrownBy(() => readConfig(z.object({ READS_URL: readsUrl }), { READS_URL }));
      return error instanceof ConfigurationError ? error.problems : [];
    };
    expect(problemsOfReads(url)).toEqual([]);
    expect(problemsOfReads('')).toEqual([]);
    expect(problemsOfReads('sqlite:a.db')).toEqual([
      'READS_URL: must be postgres://user:password@host:port/database',
    ]);
    const of = (databaseUrl: string) => readsUrlOf({ service: 'orders-service', databaseUrl, readsUrl: url });
    expect(of('postgres://primary/comanda?schema=orders')).toBe(url);
    expect(thrownBy(() => of('sqlite:orders.db'))).toMatchObject({
      problems: ['ORDERS_READS_URL: needs ORDERS_DATABASE_URL to be a PostgreSQL'],
    });
  });

  test.each(['RABBITMQ_CA', 'REDIS_CA'])('takes a file of certificates alone for %s', (setting) => {
    for (const file of ['/nowhere/ca.pem', import.meta.filename])
      expect(problemsOf({ [setting]: file })).toEqual([
        `${setting}: must be the path of a readable file with certificates in PEM`,
      ]);
  });

  test('names an authority for TLS alone: a connection in the clear would not ask it', () => {
    const RABBITMQ_CA = '/etc/ca.pem';
    expect(() => rabbitUrlOf({ RABBITMQ_URL: 'amqp://host', RABBITMQ_CA })).toThrow(
      'RABBITMQ_CA: needs a RABBITMQ_URL that begins with amqps://',
    );
    expect(() => redisOf({ REDIS_URL: 'redis://host', REDIS_CA: RABBITMQ_CA, REDIS_PREFIX: '' })).toThrow(
      'REDIS_CA: needs a REDIS_URL that begins with rediss://',
    );
    expect(trustedCaOf(rabbitUrlOf({ RABBITMQ_URL: 'amqps://host/v' })).url).toBe('amqps://host/v');
  });

  test.each([
    'amqp://orders-service:p%2Cw@one:5672/shop, amqp://orders-service:p%2Cw@two:5672/shop',
    'amqps://one,amqps://two,amqps://three',
  ])('takes the nodes of one broker: %s', (RABBITMQ_URL) => {
    expect(problemsOf({ RABBITMQ_URL })).toEqual([]);
  });

  const DIFFERENT = 'all its brokers must be one: the same protocol, user and virtual host';
  test.each([
    ['amqp://one,', FORM],
    ['amqp://one:5672,two:5672', FORM],
    ['amqp://user:pass,word@one', FORM],
    ['amqp://one,http://two', FORM],
    ['amqp://one,amqps://two', DIFFERENT],
    ['amqp://orders-service@one,amqp://guest@two', DIFFERENT],
    ['amqp://one/shop,amqp://two/other', DIFFERENT],
  ])('has no broker at %s', (RABBITMQ_URL, problem) => {
    expect(problemsOf({ RABBITMQ_URL })).toEqual([`RABBITMQ_URL: ${problem}`]);
  });

  test('says of each node of a broker whom to trust', () => {
    const urls = rabbitUrlOf({ RABBITMQ_URL: 'amqps://one, amqps://two/v', RABBITMQ_CA: '/etc/ca.pem' });
    expect(urls).toBe('amqps://one?cacertfile=%2Fetc%2Fca.pem,amqps://two/v?cacertfile=%2Fetc%2Fca.pem');
  });

  test.each(['0.0.0.0', '::', '192.168.1.7', 'localhost'])('listens on %s when it is told to', (host) => {
    expect(readConfig(Settings, { BIND_HOST: host }).BIND_HOST).toBe(host);
  });

  test.each(['*', 'comanda.example', '0.0.0.0:3000', '999.1.1.1'])('does not listen on %j', (host) => {
    expect(problemsOf({ BIND_HOST: host })).toEqual([
      'BIND_HOST: must be an address of this machine: 127.0.0.1, 0.0.0.0 for all of IPv4, :: for all',
    ]);
  });

  test('is refused for a demo in production, in one line besides its other problems', () => {
    const demo = { COMANDA_DEMO: 'true', NODE_ENV: 'production' };
    const line = 'COMANDA_DEMO: its passwords are published; unset it, or NODE_ENV must not be production';
    expect(problemsOf(demo)).toEqual([line]);
    expect(problemsOf({ ...demo, PORT: 'x' })).toEqual([line, 'PORT: must be a whole number']);
    for (const one of [
      { COMANDA_DEMO: 'true' },
      { ...demo, COMANDA_DEMO: 'false' },
      { NODE_ENV: 'production' },
    ])
      expect(problemsOf(one)).toEqual([]);
  });

  test.each(['0', '65536', '-1', '1e3', ' 80', '0x50'])('has no port %j', (text) => {
    expect(problemsOf({ PORT: text })).toHaveLength(1);
  });
});
