import { createHash } from 'node:crypto';
import { mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { rabbitMqAnswers } from './amqp-probe.js';
import { freePort } from './free-port.js';
import { poll } from './poll.js';
import { redisAnswers } from './redis-probe.js';
import { runCommand } from './run-command.js';

export interface Container {
  readonly url: string;
  readonly name: string;
  stop(): Promise<void>;
}

interface ContainerSpec {
  readonly kind: 'rabbitmq' | 'redis';
  readonly image: string;
  readonly containerPort: number;
  readonly dataPath: string;
  readonly command: readonly string[];
  readonly url: (port: number) => string;
  readonly answers: (url: string) => Promise<boolean>;
}

const RABBITMQ: ContainerSpec = {
  kind: 'rabbitmq',
  image: 'rabbitmq:4-management',
  containerPort: 5672,
  dataPath: '/var/lib/rabbitmq',
  command: [],
  url: (port) => `amqp://guest:guest@127.0.0.1:${port}`,
  answers: rabbitMqAnswers,
};

const REDIS: ContainerSpec = {
  kind: 'redis',
  image: 'redis:7',
  containerPort: 6379,
  dataPath: '/data',
  command: ['redis-server', '--save', '', '--appendonly', 'no'],
  url: (port) => `redis://127.0.0.1:${port}`,
  answers: redisAnswers,
};

const ENGINE_TIMEOUT_MS = 10_000;
/** Includes fetching the image over a slow line. */
const RUN_TIMEOUT_MS = 10 * 60_000;
const READY_TIMEOUT_MS = 120_000;

/** Whether a Docker engine answers; the command alone proves nothing. */
export async function dockerEngineAnswers(): Promise<boolean> {
  const { ok } = await runCommand('docker', ['info', '--format', '{{.ServerVersion}}'], {
    timeoutMs: ENGINE_TIMEOUT_MS,
  });
  return ok;
}

export const startRabbitMqContainer = (directory: string): Promise<Container> =>
  startContainer(RABBITMQ, directory);
export const startRedisContainer = (directory: string): Promise<Container> =>
  startContainer(REDIS, directory);

async function startContainer(spec: ContainerSpec, directory: string): Promise<Container> {
  // Apart from the files of a private server, which belong to another user and perhaps to another version.
  const folder = join(directory, 'container');
  mkdirSync(folder, { recursive: true });
  const data = realpathSync(folder);
  // One container per folder: a second checkout on the same machine gets a name of its own.
  const name = `comanda-${spec.kind}-${createHash('sha256').update(data).digest('hex').slice(0, 8)}`;
  const port = await freePort();
  // Left over when the launcher was killed; it is ours by name, and its data is in the folder.
  await runCommand('docker', ['rm', '--force', name], { timeoutMs: 60_000 });
  const run = await runCommand(
    'docker',
    [
      ...['run', '--detach', '--rm', '--name', name],
      // RabbitMQ ties its database to the host's name.
      ...['--hostname', `comanda-${spec.kind}`],
      ...['--publish', `127.0.0.1:${port}:${spec.containerPort}`],
      ...['--volume', `${data}:${spec.dataPath}`],
      ...[spec.image, ...spec.command],
    ],
    { timeoutMs: RUN_TIMEOUT_MS },
  );
  if (!run.ok) throw new Error(`Docker could not run ${spec.image}:\n${run.complaint}`);
  const url = spec.url(port);
  const stop = async (): Promise<void> => {
    const stopped = await runCommand('docker', ['stop', '--time', '20', name], { timeoutMs: 60_000 });
    if (!stopped.ok) throw new Error(`The container ${name} could not be stopped:\n${stopped.complaint}`);
  };
  try {
    await poll(() => spec.answers(url), {
      what: `${spec.image} in a container answers`,
      timeoutMs: READY_TIMEOUT_MS,
      everyMs: 200,
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, name, stop };
}
