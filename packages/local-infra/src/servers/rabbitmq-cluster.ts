import { randomBytes } from 'node:crypto';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../free-port.js';
import { findRabbitMqScripts } from './find-binaries.js';
import { ProcessServer } from './process-server.js';
import { RABBITMQ, type RabbitMqServer, withRabbitMqTools } from './rabbitmq.js';
import { madeFolder, NODE_DATA, nodeNameOf, preparePrivateNode } from './rabbitmq-node.js';

/** A node waits for its peers before it serves: 27 s when two slow cores run all three. */
const READY_TIMEOUT_MS = 180_000;

export interface RabbitMqClusterOptions {
  /** Where each node has a folder of its own; the same directory, the same data. */
  readonly directory: string;
  /** How many; three when left out. */
  readonly nodes?: number;
  /** Further lines of each node's rabbitmq.conf. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Only these are started; the others wait for `start(n)`. All when left out. */
  readonly startOnly?: readonly number[];
  readonly onLine?: (node: number, line: string) => void;
  /** See `ProcessSpec.ownGroup`. */
  readonly ownGroup?: boolean;
}

/** Nodes of RabbitMQ as one broker, as processes of this machine. They are numbered from 1. */
export interface RabbitMqCluster {
  /** The addresses of all, with commas between, as `RABBITMQ_URL` takes them. */
  readonly url: string;
  readonly numbers: readonly number[];
  urlOf(node: number): string;
  /** What the nodes call it. */
  nameOf(node: number): string;
  /** The process of its present run. */
  pid(node: number): number | undefined;
  /** Starts those that are not running, all at once; resolves when each of them serves. */
  start(...nodes: readonly number[]): Promise<void>;
  /** Ends it in order. */
  stop(node: number): Promise<void>;
  /** SIGKILL; resolves when it is gone. */
  kill(node: number): Promise<void>;
  /** Freezes it: its connections stay open, and nobody answers. */
  pause(node: number): Promise<void>;
  resume(node: number): Promise<void>;
  /** Runs `rabbitmqctl` against this node. */
  ctl(node: number, ...args: readonly string[]): Promise<string>;
  /** Runs another of RabbitMQ's tools against it: `exec(1, 'rabbitmq-queues', 'rebalance', 'quorum')`. */
  exec(node: number, program: string, ...args: readonly string[]): Promise<string>;
  /** In which RabbitMQ's tools are found and reach this node. */
  environmentOf(node: number): NodeJS.ProcessEnv;
  /** What a node kept is gone, as with its disk; it must not be running. */
  loseDisk(node: number): void;
  /** Ends all of them. What lies in `directory` is the caller's to remove. */
  discard(): Promise<void>;
}

/**
 * Starts the nodes of a cluster all at once; resolves when each of them serves and they know each other. A minority of
 * them stops serving, and the leaders of queues are spread over all.
 *
 * @throws Error when RabbitMQ is not here as a program (nodes in containers make no cluster), or when one does not come
 *   up, with the end of its log; none is left running then
 */
export async function startRabbitMqCluster(options: RabbitMqClusterOptions): Promise<RabbitMqCluster> {
  const tools = findRabbitMqScripts();
  if (tools === undefined) throw new Error('rabbitmq-server is not installed on this machine');
  const root = madeFolder(options.directory);
  const numbers = Array.from({ length: options.nodes ?? 3 }, (_, index) => index + 1);
  const nameOf = (node: number): string => nodeNameOf(root, node);
  const home = homeWithCookie(root);
  const settings = { ...clusterSettings(numbers.map(nameOf)), ...options.settings };
  const { ownGroup } = options;

  const prepared = async (node: number): Promise<ProcessServer & RabbitMqServer> => {
    const directory = madeFolder(join(root, String(node)));
    const [port, distributionPort] = [await freePort(), await freePort()];
    const member = { name: nameOf(node), home };
    const env = preparePrivateNode({ directory, port, distributionPort, settings, member });
    const onLine = options.onLine && ((line: string) => options.onLine?.(node, line));
    return withRabbitMqTools(
      new ProcessServer({
        kind: RABBITMQ,
        options: {
          directory,
          readyTimeoutMs: READY_TIMEOUT_MS,
          ...(onLine && { onLine }),
          ...(ownGroup !== undefined && { ownGroup }),
        },
        port,
        plan: { command: join(tools, 'rabbitmq-server'), env, tools },
      }),
    );
  };
  const servers = new Map(
    await Promise.all(numbers.map(async (node) => [node, await prepared(node)] as const)),
  );

  const numbered = (node: number): ProcessServer & RabbitMqServer => {
    const server = servers.get(node);
    if (server === undefined) throw new Error(`There is no node ${node} among ${numbers.join(', ')}`);
    return server;
  };
  const discard = async (): Promise<void> => {
    await Promise.all([...servers.values()].map((server) => server.discard()));
  };
  const start = async (...nodes: readonly number[]): Promise<void> => {
    await Promise.all(nodes.map((node) => numbered(node).start()));
  };

  const started = options.startOnly ?? numbers;
  try {
    await start(...started);
    await Promise.all(
      started.slice(0, 1).map((node) => numbered(node).ctl('await_online_nodes', String(started.length))),
    );
  } catch (error) {
    await discard();
    throw error;
  }
  return {
    url: [...servers.values()].map(({ url }) => url).join(','),
    numbers,
    urlOf: (node) => numbered(node).url,
    nameOf,
    pid: (node) => numbered(node).pid,
    start,
    stop: (node) => numbered(node).stop(),
    kill: (node) => numbered(node).kill(),
    pause: (node) => numbered(node).pause(),
    resume: (node) => numbered(node).resume(),
    ctl: (node, ...args) => numbered(node).ctl(...args),
    exec: (node, program, ...args) => numbered(node).exec(program, ...args),
    environmentOf: (node) => numbered(node).environment,
    loseDisk: (node) => {
      const { running, directory } = numbered(node);
      if (running) throw new Error(`node ${node} is running`);
      rmSync(join(directory, NODE_DATA), { recursive: true });
      madeFolder(join(directory, NODE_DATA));
    },
    discard,
  };
}

/** Nodes that start at the same moment would each make a cookie of their own. */
function homeWithCookie(root: string): string {
  const home = madeFolder(join(root, 'home'));
  const cookie = join(home, '.erlang.cookie');
  if (!existsSync(cookie)) writeFileSync(cookie, randomBytes(16).toString('hex'), { mode: 0o400 });
  return home;
}

const clusterSettings = (names: readonly string[]): Record<string, string> => ({
  'cluster_formation.peer_discovery_backend': 'classic_config',
  ...Object.fromEntries(
    names.map((name, index) => [`cluster_formation.classic_config.nodes.${index + 1}`, name]),
  ),
  cluster_partition_handling: 'pause_minority',
  queue_leader_locator: 'balanced',
});
