import { createHash } from 'node:crypto';
import { mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Writes the configuration of a private node under `directory`, and gives back the environment that makes both the
 * server and its command line tools use it: its own name, ports, cookie and folders. The same directory always means the same node name, and with it the
 * same data: RabbitMQ ties its database to the name.
 */
export function preparePrivateNode(
  directory: string,
  port: number,
  distributionPort: number,
  settings: Readonly<Record<string, string>> = {},
): NodeJS.ProcessEnv {
  mkdirSync(directory, { recursive: true });
  const root = realpathSync(directory);
  const folder = (name: string): string => {
    const path = join(root, name);
    mkdirSync(path, { recursive: true });
    return path;
  };
  const nodeName = `comanda_${createHash('sha256').update(root).digest('hex').slice(0, 12)}@localhost`;
  const configFile = join(root, 'rabbitmq.conf');
  const pluginsFile = join(root, 'enabled_plugins');
  writeFileSync(configFile, configuration(port, settings));
  writeFileSync(pluginsFile, '[].\n');
  return {
    PATH: process.env.PATH,
    LANG: 'C.UTF-8',
    // The Erlang cookie lives here: the tools are let in by it, other nodes are not.
    HOME: folder('home'),
    RABBITMQ_NODENAME: nodeName,
    RABBITMQ_MNESIA_BASE: folder('data'),
    RABBITMQ_LOG_BASE: folder('log'),
    RABBITMQ_CONFIG_FILE: configFile,
    RABBITMQ_ENABLED_PLUGINS_FILE: pluginsFile,
    RABBITMQ_DIST_PORT: String(distributionPort),
    RABBITMQ_CONF_ENV_FILE: '/dev/null',
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: LOOPBACK_DISTRIBUTION,
    RABBITMQ_CTL_ERL_ARGS: LOOPBACK_DISTRIBUTION,
    // Makes the script become the Erlang VM with `exec`, so that the pid we hold is the one that must die.
    RUNNING_UNDER_SYSTEMD: 'true',
    // If the node has to start the name server epmd, that listens on loopback only, too.
    ERL_EPMD_ADDRESS: '127.0.0.1',
  };
}

const LOOPBACK_DISTRIBUTION = '-kernel inet_dist_use_interface {127,0,0,1}';

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
