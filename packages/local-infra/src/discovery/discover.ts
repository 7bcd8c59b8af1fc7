import { type AptPackage, installWithApt } from '../install/apt.js';
import { containerEngineAnswers } from '../servers/start-server.js';
import type { Source } from './choose-source.js';
import { type FindResult, type FoundServer, findServer } from './find-server.js';
import { missingServersMessage, type Obstacles } from './missing-servers.js';
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
 * Finds RabbitMQ and Redis or starts them, both at once. The order: the configured URL, a server that listens on
 * this machine already, a Docker engine, installed programs, programs installed with apt.
 *
 * @throws Error with one message that says what is missing and how to mend it; nothing is left running then
 */
export async function discoverInfrastructure(options: DiscoverOptions): Promise<Infrastructure> {
  const shared = {
    dataDirectory: options.dataDirectory,
    env: options.env ?? process.env,
    avoid: options.avoid ?? [],
    announce: options.announce ?? (() => undefined),
    ownGroup: options.ownGroup ?? false,
    containerEngineAnswers: once(containerEngineAnswers),
    install: oneAtATime((program: AptPackage) => installWithApt([program])),
  };
  const [rabbitmq, redis] = await Promise.all([
    findServer(NEEDED_SERVERS.rabbitmq, shared),
    findServer(NEEDED_SERVERS.redis, shared),
  ]);
  if (rabbitmq.found === undefined || redis.found === undefined) {
    await Promise.all([rabbitmq.found?.stop(), redis.found?.stop()]);
    const missing = unfound([NEEDED_SERVERS.rabbitmq, rabbitmq], [NEEDED_SERVERS.redis, redis]);
    throw new Error(missingServersMessage(missing));
  }
  const found = { rabbitmq: rabbitmq.found, redis: redis.found };
  return {
    ...found,
    stop: async () => {
      await Promise.all([found.rabbitmq.stop(), found.redis.stop()]);
    },
  };
}

function unfound(...results: [NeededServer, FindResult][]): Map<NeededServer, Obstacles> {
  const missing = new Map<NeededServer, Obstacles>();
  for (const [server, result] of results) {
    if (result.found === undefined) missing.set(server, result.obstacles);
  }
  return missing;
}

function once<Result>(ask: () => Promise<Result>): () => Promise<Result> {
  let answer: Promise<Result> | undefined;
  return () => {
    answer ??= ask();
    return answer;
  };
}

/** apt locks its database, so a second installation waits for the first, whether it succeeded or not. */
function oneAtATime<Argument>(
  run: (argument: Argument) => Promise<void>,
): (argument: Argument) => Promise<void> {
  let last = Promise.resolve();
  return (argument) => {
    const mine = last.then(() => run(argument));
    last = mine.catch(() => undefined);
    return mine;
  };
}
