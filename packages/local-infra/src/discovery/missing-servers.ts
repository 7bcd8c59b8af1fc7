import { SOURCES, type Source } from './choose-source.js';
import type { NeededServer } from './needed-servers.js';

/** Why a source gave no server; sources that were not tried are left out. */
export type Obstacles = ReadonlyMap<Source, string>;

/** The one message for a machine that lacks a server: which sources failed, and the commands that mend it. */
export function missingServersMessage(missing: ReadonlyMap<NeededServer, Obstacles>): string {
  const servers = [...missing.keys()];
  const programs = servers.map(({ program }) => program).join(' ');
  const urls = servers.map(({ variable, name }) => `${variable}=${EXAMPLE_URLS[name]}`).join(' ');
  return [
    `Comanda needs ${servers.map(({ name }) => name).join(' and ')} and found none:`,
    ...[...missing].flatMap(([{ name }, obstacles]) => tried(name, obstacles)),
    '',
    'Any one of these mends it; then run the same command again:',
    `  Debian or Ubuntu   sudo apt-get update && sudo apt-get install -y ${programs}`,
    `  macOS (Homebrew)   brew install ${servers.map(({ name }) => name.toLowerCase()).join(' ')}`,
    '  Docker             start the Docker engine (`docker info` must answer)',
    `  servers elsewhere  ${urls} npm start`,
  ].join('\n');
}

const EXAMPLE_URLS = { RabbitMQ: 'amqp://user:password@host:5672', Redis: 'redis://host:6379' } as const;

function tried(name: string, obstacles: Obstacles): string[] {
  return SOURCES.flatMap((source) => {
    const obstacle = obstacles.get(source);
    return obstacle === undefined ? [] : [`  ${name}: ${obstacle.replaceAll('\n', '\n    ')}`];
  });
}
