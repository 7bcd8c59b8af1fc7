import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ContainerProgram, type ContainerSpec, DockerEngine } from '@comanda/stand-ins';
import { POSTGRES } from '../postgres.js';
import { ProcessServer } from '../process-server.js';
import { RABBITMQ } from '../rabbitmq.js';
import { REDIS } from '../redis.js';
import type { ServerKind } from '../server.js';

const IMAGES: Readonly<Record<string, ServerKind>> = {
  'rabbitmq:4-management': RABBITMQ,
  'redis:7': REDIS,
  'postgres:17': POSTGRES,
};

export interface EngineOfProcesses {
  readonly engine: DockerEngine;
  stop(): Promise<void>;
}

/**
 * A stand-in for a container engine whose containers are real servers, as processes on the port that the container
 * publishes. The machine of the tests has no engine; testcontainers is led to this one by DOCKER_HOST.
 */
export async function startEngineOfProcesses(): Promise<EngineOfProcesses> {
  // PostgreSQL does not run as root: another user must be able to reach its folder.
  const directory = mkdtempSync(join(tmpdir(), 'comanda-engine-'));
  chmodSync(directory, 0o755);
  const { engine, host } = await DockerEngine.start({ program: (spec) => serverOf(spec, directory) });
  const before = { ...process.env };
  process.env.DOCKER_HOST = host;
  // The helper that removes what a killed run left behind needs a real engine.
  process.env.TESTCONTAINERS_RYUK_DISABLED = 'true';
  return {
    engine,
    stop: async () => {
      await engine.stop();
      process.env = before;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function serverOf(spec: ContainerSpec, under: string): ContainerProgram {
  const kind = IMAGES[spec.Image];
  const port = Number(Object.values(spec.HostConfig.PortBindings)[0]?.[0]?.HostPort);
  if (kind === undefined || !port) throw new Error(`${spec.Image} on port ${port} is not known here`);
  const options = { directory: mkdtempSync(join(under, `${kind.name}-`)) };
  const log: string[] = [];
  let server: ProcessServer | undefined;
  const running = (): ProcessServer => {
    if (server === undefined) throw new Error('never started');
    return server;
  };
  return {
    start: async () => {
      if (server === undefined) {
        const plan = await kind.process(options, port);
        // The settings of PostgreSQL stand in the container's command as in its own.
        const settings = kind === POSTGRES ? spec.Cmd.slice(1) : [];
        server = new ProcessServer({
          kind,
          port,
          options: { ...options, onLine: (line) => void log.push(line) },
          plan: { ...plan, args: [...(plan.args ?? []), ...settings] },
        });
      }
      return server.start().then(
        () => 'runs',
        () => 'ended',
      );
    },
    stop: () => running().stop(),
    kill: async () => server?.kill(),
    pause: () => running().pause(),
    resume: () => running().resume(),
    exec: async ([program = '', ...args]) => {
      try {
        return { exitCode: 0, stdout: await running().exec(program, ...args), stderr: '' };
      } catch (error) {
        return { exitCode: 1, stdout: '', stderr: String(error) };
      }
    },
    get log() {
      return log.map((line) => `${line}\n`).join('');
    },
  };
}
