import { type Obstacles, variableOf } from './find-server.js';
import type { NeededServer } from './needed-servers.js';

/** The one message for a machine that lacks a server: which sources failed, and the commands that mend it. */
export function missingServersMessage(missing: ReadonlyMap<NeededServer, Obstacles>): string {
  const servers = [...missing.keys()];
  const names = servers.map(({ name }) => name);
  const urls = servers.map((server) => `${variableOf(server)}=${EXAMPLE_URLS[server.name]}`).join(' ');
  return [
    `Comanda needs ${names.join(' and ')} and found none:`,
    ...[...missing].flatMap(([{ name }, obstacles]) =>
      [...obstacles.values()].map((obstacle) => `  ${name}: ${obstacle.replaceAll('\n', '\n    ')}`),
    ),
    '',
    'Any one of these mends it; then run the same command again:',
    ...waysToInstall(servers),
    `  servers elsewhere  ${urls} npm start`,
  ].join('\n');
}

/** The commands that make the programs of these servers available. */
export function waysToInstall(servers: readonly Pick<NeededServer, 'name' | 'program'>[]): string[] {
  const programs = servers.map(({ program }) => program).join(' ');
  return [
    `  Debian or Ubuntu   sudo apt-get update && sudo apt-get install -y ${programs}`,
    `  macOS (Homebrew)   brew install ${servers.map(({ name }) => name.toLowerCase()).join(' ')}`,
    '  Docker             start the Docker engine (`docker info` must answer)',
  ];
}

const EXAMPLE_URLS = { RabbitMQ: 'amqp://user:password@host:5672', Redis: 'redis://host:6379' } as const;
