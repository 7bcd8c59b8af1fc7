import { describe, expect, it } from '@jest/globals';
import type { Server, ServerOptions } from '../servers/server.js';
import { type FindOptions, findServer, type Source, withoutPassword } from './find-server.js';
import { missingServersMessage } from './missing-servers.js';
import type { NeededServer } from './needed-servers.js';

/** A RabbitMQ that no probe finds, unless a test says otherwise. */
function server(changes: Partial<NeededServer> = {}): NeededServer {
  return {
    name: 'RabbitMQ',
    defaultUrl: 'amqp://guest:guest@127.0.0.1:5672',
    program: 'rabbitmq-server',
    answers: async () => false,
    isInstalled: () => false,
    prepare: ({ runAs }) => Promise.reject(new Error(`no ${runAs} in this test`)),
    ...changes,
  };
}

const options = (changes: Partial<FindOptions> = {}): FindOptions => ({
  dataDirectory: '.comanda',
  env: {},
  avoid: [],
  announce: () => undefined,
  ownGroup: false,
  containerEngineAnswers: async () => false,
  install: undefined,
  ...changes,
});

const aServer: Server = {
  url: 'amqp://guest:guest@127.0.0.1:20000',
  port: 20_000,
  directory: '.comanda/rabbitmq',
  runsAs: 'container comanda-rabbitmq-1',
  running: true,
  start: async () => undefined,
  stop: () => Promise.reject(new Error('it would stay there')),
  kill: () => Promise.reject(new Error('it is ours')),
  pause: () => Promise.reject(new Error('it is needed')),
  resume: () => Promise.reject(new Error('it is not paused')),
  exec: () => Promise.reject(new Error('no tools in this test')),
  discard: () => Promise.reject(new Error('it is needed')),
};

const env = { RABBITMQ_URL: 'amqp://shop:secret@broker:5672/orders' };

describe('where a server is taken from', () => {
  /** A machine with these sources, and the list of what was asked. */
  function machineWith(...available: Source[]) {
    const asked: Source[] = [];
    const ask = (source: Source): boolean => {
      asked.push(source);
      return available.includes(source);
    };
    const needed = server({
      answers: async (url) => ask(url === env.RABBITMQ_URL ? 'configured' : 'listening'),
      isInstalled: () => ask('binaries'),
      prepare: async ({ runAs }) => ({ ...aServer, runsAs: String(runAs) }),
    });
    const surroundings = options({
      ...(available.includes('configured') && { env }),
      containerEngineAnswers: async () => ask('docker'),
      ...(available.includes('apt') && { install: async () => void asked.push('apt') }),
    });
    const find = async (avoid: Source[] = []) =>
      (await findServer(needed, { ...surroundings, avoid })).found?.source;
    return { find, asked };
  }
  const SOURCES: Source[] = ['configured', 'listening', 'docker', 'binaries', 'apt'];

  it.each(SOURCES.map((source, index) => ({ source, available: SOURCES.slice(index) })))(
    '$source, when all before it are missing',
    async ({ source, available }) => {
      expect(await machineWith(...available).find()).toBe(source);
    },
  );

  it('asks no further than it must', async () => {
    const { find, asked } = machineWith('listening', 'docker');
    await find();
    expect(asked).toEqual(['listening']);
  });

  it('passes over what was ruled out, without asking for it', async () => {
    const { find, asked } = machineWith('listening', 'docker', 'binaries');
    expect(await find(['listening', 'docker'])).toBe('binaries');
    expect(asked).toEqual(['binaries']);
  });

  it('is nowhere on a bare machine', async () => {
    expect(await machineWith().find()).toBeUndefined();
  });
});

describe('finding a server', () => {
  it('uses the configured URL as it is, virtual host and all', async () => {
    const { found } = await findServer(server({ answers: async () => true }), options({ env }));
    expect(found).toMatchObject({ source: 'configured', url: env.RABBITMQ_URL });
    expect(found?.address).toBe('amqp://shop:***@broker:5672/orders');
  });

  it('uses several nodes of a broker as they are, and shows the password of none', async () => {
    const RABBITMQ_URL = 'amqp://shop:secret@one,amqp://shop:secret@two';
    const { found } = await findServer(
      server({ answers: async () => true }),
      options({ env: { RABBITMQ_URL } }),
    );
    expect(found?.url).toBe(RABBITMQ_URL);
    expect(found?.address).toBe('amqp://shop:***@one,amqp://shop:***@two');
  });

  it('replaces a configured server that is silent by no other', async () => {
    const answers = async (url: string): Promise<boolean> => url !== env.RABBITMQ_URL;
    const result = await findServer(server({ answers, isInstalled: () => true }), options({ env }));
    if (result.found !== undefined) throw new Error('found one');
    expect([...result.obstacles.keys()]).toEqual(['configured']);
    expect(result.obstacles.get('configured')).toContain('unset RABBITMQ_URL');
    expect(result.obstacles.get('configured')).not.toContain('secret');
  });

  it('stops nothing that it did not start', async () => {
    const { found } = await findServer(server({ answers: async () => true }), options());
    expect(found?.source).toBe('listening');
    await expect(found?.stop()).resolves.toBeUndefined();
  });

  it('goes on when Docker fails, and stops the container that did start', async () => {
    const stopped: string[] = [];
    const asked: ServerOptions[] = [];
    const container: Server = { ...aServer, discard: async () => void stopped.push('container') };
    const withEngine = options({ containerEngineAnswers: async () => true });
    const { found } = await findServer(
      server({
        prepare: async (options) => {
          asked.push(options);
          return container;
        },
      }),
      withEngine,
    );
    expect(found?.source).toBe('docker');
    expect(found?.address).toBe('amqp://guest:***@127.0.0.1:20000');
    expect(asked).toEqual([
      { directory: '.comanda/rabbitmq', runAs: 'container', keepData: true, ownGroup: false },
    ]);
    await found?.stop();
    expect(stopped).toEqual(['container']);

    const failing = await findServer(server(), withEngine);
    if (failing.found !== undefined) throw new Error('found one');
    expect(failing.obstacles.get('docker')).toBe('no container in this test');
    expect(failing.obstacles.get('binaries')).toBe('rabbitmq-server is not installed');
  });

  it('tells what was looked for in vain and the commands that mend it', async () => {
    const needed = server();
    const result = await findServer(needed, options());
    if (result.found !== undefined) throw new Error('found one');
    const message = missingServersMessage(new Map([[needed, result.obstacles]]));
    expect(message).toContain('Comanda needs RabbitMQ and found none');
    expect(message).toContain('RabbitMQ: no RabbitMQ answers on localhost:5672');
    expect(message).toContain('apt-get install -y rabbitmq-server');
    expect(message).toContain('brew install rabbitmq');
  });

  it('shows no password', () => {
    expect(withoutPassword('amqp://user:secret@host/v')).toBe('amqp://user:***@host/v');
    expect(withoutPassword('redis://host:6379')).toBe('redis://host:6379');
    expect(withoutPassword('not a url')).toBe('not a url');
  });
});
