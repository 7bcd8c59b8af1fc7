import { join } from 'node:path';
import { freePort } from '../free-port.js';
import { rabbitMqAnswers } from './amqp-probe.js';
import { findRabbitMqScripts } from './find-binaries.js';
import { preparePrivateNode } from './rabbitmq-node.js';
import type { Server, ServerKind, ServerOptions } from './server.js';
import { startServer } from './start-server.js';

export interface RabbitMqOptions extends ServerOptions {
  /** Further lines of rabbitmq.conf, for a node that is a process. */
  readonly settings?: Readonly<Record<string, string>>;
}

export const RABBITMQ: ServerKind<RabbitMqOptions> = {
  name: 'RabbitMQ',
  url: (host, port) => `amqp://guest:guest@${host}:${port}`,
  answers: rabbitMqAnswers,
  readyTimeoutMs: 60_000,
  stopGraceMs: 20_000,
  container: () => ({ image: 'rabbitmq:4-management', port: 5672, dataPath: '/var/lib/rabbitmq' }),
  // `epmd`, the name server that all Erlang nodes of a machine share, is left to itself.
  process: async ({ directory, settings = {} }, port) => {
    const tools = findRabbitMqScripts();
    if (tools === undefined) throw new Error('rabbitmq-server is not installed on this machine');
    return {
      command: join(tools, 'rabbitmq-server'),
      env: preparePrivateNode({ directory, port, distributionPort: await freePort(), settings }),
      tools,
    };
  },
};

/** A RabbitMQ of our own with its command line tool. */
export interface RabbitMqServer extends Server {
  /** Runs `rabbitmqctl` against this node: `ctl('eval', 'os:getpid().')`. Takes about a second. */
  ctl(...args: readonly string[]): Promise<string>;
  /**
   * Puts on disk which quorum queues exist. RabbitMQ (3.10, measured) writes the directory of its Raft servers
   * about half a second late: after a SIGKILL within the first second of its life a queue is there by name but
   * can never be used again. Messages have no such gap. Call it between a declaration and a `kill()`.
   */
  settleDeclarations(): Promise<void>;
}

/** Starts a RabbitMQ of our own; see `startServer`. */
export const startRabbitMq = async (options: RabbitMqOptions): Promise<RabbitMqServer> =>
  withRabbitMqTools(await startServer(RABBITMQ, options));

/** A server that is a RabbitMQ, with its command line tool. */
export function withRabbitMqTools<S extends Server>(server: S): S & RabbitMqServer {
  const ctl = (...args: readonly string[]): Promise<string> => server.exec('rabbitmqctl', '--quiet', ...args);
  return Object.assign(server, {
    ctl,
    settleDeclarations: async () => {
      await ctl('eval', '[ok = dets:sync(Table) || Table <- dets:all()].');
    },
  });
}
