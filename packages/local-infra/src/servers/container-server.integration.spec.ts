import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startPostgres } from './postgres.js';
import { startRedis } from './redis.js';
import { redisAnswers } from './redis-probe.js';
import type { Server } from './server.js';
import { containerEngineAnswers } from './start-server.js';
import { type EngineOfProcesses, startEngineOfProcesses } from './test/engine-of-processes.js';

/** What testcontainers asks a container engine for, call by call. */
describe('a server in a container', () => {
  const directory = mkdtempSync(join(tmpdir(), 'comanda-container-'));
  let processes: EngineOfProcesses;
  const servers: Server[] = [];

  // One for all: testcontainers looks for an engine once in the life of a process.
  beforeAll(async () => {
    processes = await startEngineOfProcesses();
  });
  beforeEach(() => processes.engine.forget());
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.discard();
  });
  afterAll(async () => {
    await processes.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  const redis = async (options: { keepData?: boolean } = {}): Promise<Server> => {
    const server = await startRedis({ directory, ...options });
    servers.push(server);
    return server;
  };
  /** In order, but without questions: how often the state is asked for depends on how long a start takes. */
  const changes = (): string[] =>
    processes.engine.calls
      .map(({ call }) => call.replace(/(?<=\/)[ce]\d+/, 'ID'))
      .filter((call) => !call.startsWith('GET '));
  const created = (): unknown =>
    processes.engine.calls.find(
      ({ call }) => call.includes('/create?name') || call.endsWith('/containers/create'),
    )?.body;

  it('is fetched, created and started, on loopback, on a fixed port, without a name', async () => {
    expect(await containerEngineAnswers()).toBe(true);
    const server = await redis();
    expect(changes()).toEqual([
      'POST /images/create?fromImage=redis&tag=7',
      'POST /containers/create',
      'POST /containers/ID/start',
    ]);
    expect(created()).toEqual({
      Image: 'redis:7',
      Hostname: 'comanda-redis',
      Cmd: ['redis-server', '--save', '', '--appendonly', 'no'],
      Env: [],
      ExposedPorts: { '6379/tcp': {} },
      Labels: expect.objectContaining({ 'org.testcontainers': 'true' }),
      HostConfig: {
        AutoRemove: false,
        PortBindings: { '6379/tcp': [{ HostIp: '127.0.0.1', HostPort: String(server.port) }] },
      },
    });
    expect(server.url).toBe(`redis://127.0.0.1:${server.port}`);
    expect(server.runsAs).toMatch(/^container c\d+$/);
    expect(await redisAnswers(server.url)).toBe(true);
  });

  it('is killed, paused and stopped by the engine, and started again in the same container', async () => {
    const server = await redis();
    processes.engine.forget();
    await server.kill();
    expect(server.running).toBe(false);
    await server.start();
    await server.pause();
    await server.resume();
    await server.stop();
    await server.start();
    expect(changes()).toEqual([
      'POST /containers/ID/kill?signal=SIGKILL',
      'POST /containers/ID/wait',
      'POST /containers/ID/restart?t=0',
      'POST /containers/ID/pause',
      'POST /containers/ID/unpause',
      'POST /containers/ID/stop?t=5',
      'POST /containers/ID/restart?t=0',
    ]);
    expect(await redisAnswers(server.url)).toBe(true);
  });

  it('is removed with its volumes when it is discarded', async () => {
    const server = await redis();
    processes.engine.forget();
    await server.discard();
    expect(changes()).toEqual(['POST /containers/ID/stop?t=5', 'DELETE /containers/ID?v=true']);
    expect(processes.engine.containers).toEqual([]);
    expect(await redisAnswers(server.url)).toBe(false);
  });

  it('keeps its data in the directory when they must outlive it, and replaces what a killed launcher left', async () => {
    await redis({ keepData: true });
    const [name = ''] = processes.engine.containers;
    expect(name).toMatch(/^comanda-redis-[0-9a-f]{8}$/);
    expect(changes()).toEqual([
      `DELETE /containers/${name}?force=true`,
      `POST /containers/create?name=${name}`,
      'POST /containers/ID/start',
    ]);
    expect(created()).toMatchObject({
      HostConfig: { Binds: [`${realpathSync(directory)}/container:/data:rw`] },
    });
    // The launcher is gone and its container is not: another one takes its name.
    servers.pop();
    await redis({ keepData: true });
    expect(processes.engine.containers).toEqual([name]);
  });

  it('runs its tools, and says what they complain of', async () => {
    const server = await redis();
    processes.engine.forget();
    expect(await server.exec('redis-cli', '-p', String(server.port), 'ping')).toBe('PONG\n');
    expect(processes.engine.calls).toEqual([
      {
        call: expect.stringMatching(/^POST \/containers\/c\d+\/exec$/),
        body: {
          Cmd: ['redis-cli', '-p', String(server.port), 'ping'],
          AttachStdout: true,
          AttachStderr: true,
        },
      },
      { call: 'POST /exec/e1/start' },
      { call: 'GET /exec/e1/json' },
    ]);
    await expect(server.exec('redis-nothing')).rejects.toThrow(/redis-nothing ended with code 1: .*ENOENT/);
  });

  it('that does not come up is removed, and the error ends with its log', async () => {
    const starting = startPostgres({ directory, settings: { max_connections: 'many' } });
    await expect(starting).rejects.toThrow(/postgres:17 did not start: (.|\n)*max_connections/);
    expect(processes.engine.containers).toEqual([]);
  });

  it('is a process where that is asked for', async () => {
    const server = await startRedis({ directory, runAs: 'process' });
    servers.push(server);
    expect(server.runsAs).toMatch(/^process \d+$/);
    expect(changes()).toEqual([]);
  });
});
