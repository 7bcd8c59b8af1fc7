import { canInstallWithApt, installWithApt } from '../install/apt.js';
import { containerEngineAnswers } from '../servers/start-server.js';
import {
  type FindOptions,
  type FoundServer,
  findServer,
  type Obstacles,
  type Source,
} from './find-server.js';
import { missingServersMessage } from './missing-servers.js';
import { NEEDED_SERVERS, type NeededServer } from './needed-servers.js';

export interface DiscoverOptions {
  /** `.comanda`: private servers keep their data in `rabbitmq` and `redis` below it. */
  readonly dataDirectory: string;
  /** Where `RABBITMQ_URL` and `REDIS_URL` are looked up; our own environment when left out. */
  readonly env?: NodeJS.ProcessEnv;
  /** Sources that must not be used: tests never touch a server that listens already. */
  readonly avoid?: readonly Source[];
  /** Called with a line for people before each slow step. */
  readonly announce?: (message: string) => void;
  /** See `ProcessSpec.ownGroup`. */
  readonly ownGroup?: boolean;
}

export interface Infrastructure {
  readonly rabbitmq: FoundServer;
  readonly redis: FoundServer;
  /** Stops what we started, and only that. */
  stop(): Promise<void>;
}

/**
 * Finds RabbitMQ and Redis or starts them, both at once; resolves when both addresses are known (`FoundServer.answers`
 * says when they can be used). The order: the configured URL, a server that listens on
 * this machine already, a Docker engine, installed programs, programs installed with apt.
 *
 * @throws Error with one message that says what is missing and how to mend it; nothing is left running then
 */
export async function discoverInfrastructure(options: DiscoverOptions): Promise<Infrastructure> {
  let engineAnswers: Promise<boolean> | undefined;
  let installed = Promise.resolve();
  const shared: FindOptions = {
    dataDirectory: options.dataDirectory,
    env: options.env ?? process.env,
    avoid: options.avoid ?? [],
    announce: options.announce ?? (() => undefined),
    ownGroup: options.ownGroup ?? false,
    containerEngineAnswers: () => {
      engineAnswers ??= containerEngineAnswers();
      return engineAnswers;
    },
    install: canInstallWithApt()
      ? (program) => {
          // apt locks its database, so a second installation waits for the first, whether it succeeded or not.
          installed = installed.catch(() => undefined).then(() => installWithApt([program]));
          return installed;
        }
      : undefined,
  };
  const [rabbitmq, redis] = await Promise.all([
    findServer(NEEDED_SERVERS.rabbitmq, shared),
    findServer(NEEDED_SERVERS.redis, shared),
  ]);
  if (rabbitmq.found && redis.found) {
    const found = { rabbitmq: rabbitmq.found, redis: redis.found };
    return {
      ...found,
      stop: async () => {
        await Promise.all([found.rabbitmq.stop(), found.redis.stop()]);
      },
    };
  }
  await Promise.all([rabbitmq.found?.stop(), redis.found?.stop()]);
  const missing = new Map<NeededServer, Obstacles>();
  if (!rabbitmq.found) missing.set(NEEDED_SERVERS.rabbitmq, rabbitmq.obstacles);
  if (!redis.found) missing.set(NEEDED_SERVERS.redis, redis.obstacles);
  throw new Error(missingServersMessage(missing));
}
