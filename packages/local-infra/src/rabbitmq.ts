import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify, stripVTControlCharacters } from 'node:util';
import { rabbitMqAnswers } from './amqp-probe.js';
import { findRabbitMqScripts } from './find-binaries.js';
import { freePort } from './free-port.js';
import { PrivateServer, type ServerOptions, type ServerSpec } from './private-server.js';
import { preparePrivateNode } from './rabbitmq-node.js';

const READY_TIMEOUT_MS = 60_000;
const STOP_GRACE_MS = 20_000;
const CTL_TIMEOUT_MS = 60_000;

/** A private RabbitMQ with its command line tool. */
export class RabbitMqServer extends PrivateServer {
  readonly #ctl: string;
  readonly #env: NodeJS.ProcessEnv;

  constructor(spec: ServerSpec, ctl: string, env: NodeJS.ProcessEnv) {
    super(spec);
    this.#ctl = ctl;
    this.#env = env;
  }

  /**
   * Runs `rabbitmqctl` against this node: `ctl('eval', 'os:getpid().')`. Takes about a second.
   *
   * @returns what it printed
   * @throws Error when the command fails, with what it wrote to standard error
   */
  async ctl(...args: string[]): Promise<string> {
    const { stdout } = await promisify(execFile)(this.#ctl, ['--quiet', ...args], {
      env: this.#env,
      timeout: CTL_TIMEOUT_MS,
    });
    return stdout;
  }

  /**
   * Puts on disk which quorum queues exist. RabbitMQ (3.10, measured) writes the directory of its Raft servers
   * about half a second late: after a SIGKILL within the first second of its life a queue is there by name but
   * can never be used again. Messages have no such gap. Call it between a declaration and a `kill()`.
   */
  async settleDeclarations(): Promise<void> {
    await this.ctl('eval', '[ok = dets:sync(Table) || Table <- dets:all()].');
  }
}

/**
 * Starts a private RabbitMQ, on loopback only, that disturbs no other on the same machine; resolves when clients
 * can log in. `epmd`, the name server which all Erlang nodes of a machine share, is left to itself.
 *
 * @throws Error when RabbitMQ is not installed, or does not come up (with the end of its log)
 */
export async function startRabbitMq(options: ServerOptions): Promise<RabbitMqServer> {
  const scripts = findRabbitMqScripts();
  if (scripts === undefined) throw new Error('rabbitmq-server is not installed on this machine');
  const port = options.port ?? (await freePort());
  const url = `amqp://guest:guest@127.0.0.1:${port}`;
  const environment = preparePrivateNode(options.directory, port, await freePort());
  const { ownGroup, onLine } = options;
  const server = new RabbitMqServer(
    {
      url,
      port,
      answers: () => rabbitMqAnswers(url),
      readyTimeoutMs: options.readyTimeoutMs ?? READY_TIMEOUT_MS,
      stopGraceMs: STOP_GRACE_MS,
      process: {
        name: 'RabbitMQ',
        command: join(scripts, 'rabbitmq-server'),
        cwd: options.directory,
        env: environment,
        ...(ownGroup !== undefined && { ownGroup }),
        ...(onLine !== undefined && { onLine: (line: string) => onLine(stripVTControlCharacters(line)) }),
      },
    },
    join(scripts, 'rabbitmqctl'),
    environment,
  );
  await server.start();
  return server;
}
