import { createHash } from 'node:crypto';
import { mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a node keeps, in its folder. */
export const NODE_DATA = 'data';

export interface NodeOptions {
  readonly directory: string;
  readonly port: number;
  readonly distributionPort: number;
  /** Further lines of rabbitmq.conf. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Of a node that is one of several: their names end in its number, and they share the folder of the cookie. */
  readonly member?: { readonly name: string; readonly home: string };
}

/**
 * Writes the configuration of a private node under `directory`, and gives back the environment that makes both the
 * server and its command line tools use it: its own name, ports, cookie and folders. The same directory always means the same node name, and with it the
 * same data: RabbitMQ ties its database to the name.
 */
export function preparePrivateNode(options: NodeOptions): NodeJS.ProcessEnv {
  const { directory, port, distributionPort, settings = {}, member } = options;
  const root = madeFolder(directory);
  const configFile = join(root, 'rabbitmq.conf');
  const pluginsFile = join(root, 'enabled_plugins');
  writeFileSync(configFile, configuration(port, settings));
  writeFileSync(pluginsFile, '[].\n');
  return {
    PATH: process.env.PATH,
    LANG: 'C.UTF-8',
    // The Erlang cookie lives here: the tools are let in by it, other nodes are not.
    HOME: member?.home ?? madeFolder(join(root, 'home')),
    RABBITMQ_NODENAME: member?.name ?? nodeNameOf(root),
    RABBITMQ_MNESIA_BASE: madeFolder(join(root, NODE_DATA)),
    RABBITMQ_LOG_BASE: madeFolder(join(root, 'log')),
    RABBITMQ_CONFIG_FILE: configFile,
    RABBITMQ_ENABLED_PLUGINS_FILE: pluginsFile,
    RABBITMQ_DIST_PORT: String(distributionPort),
    RABBITMQ_CONF_ENV_FILE: '/dev/null',
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: member
      ? `${LOOPBACK_DISTRIBUTION} ${SOON_MISSED}`
      : LOOPBACK_DISTRIBUTION,
    RABBITMQ_CTL_ERL_ARGS: LOOPBACK_DISTRIBUTION,
    // Makes the script become the Erlang VM with `exec`, so that the pid we hold is the one that must die.
    RUNNING_UNDER_SYSTEMD: 'true',
    // If the node has to start the name server epmd, that listens on loopback only, too.
    ERL_EPMD_ADDRESS: '127.0.0.1',
  };
}

/** The folder, made when it is not there, as the system calls it. */
export function madeFolder(path: string): string {
  mkdirSync(path, { recursive: true });
  return realpathSync(path);
}

/** The name of a node, or of the `number`th node of a cluster, that keeps its files in this folder. */
export function nodeNameOf(folder: string, number?: number): string {
  const hash = createHash('sha256').update(folder).digest('hex').slice(0, 12);
  return `comanda_${hash}${number === undefined ? '' : `_${number}`}@localhost`;
}

const LOOPBACK_DISTRIBUTION = '-kernel inet_dist_use_interface {127,0,0,1}';
/** After so many seconds a node that says nothing is gone for the others; 60 when nothing is said. See docs/servers.md. */
const SOON_MISSED = '-kernel net_ticktime 12';

function configuration(port: number, settings: Readonly<Record<string, string>>): string {
  return [
    `listeners.tcp.1 = 127.0.0.1:${port}`,
    'log.console = true',
    'log.console.level = info',
    'log.file = false',
    ...Object.entries(settings).map(([name, value]) => `${name} = ${value}`),
    '',
  ].join('\n');
}
