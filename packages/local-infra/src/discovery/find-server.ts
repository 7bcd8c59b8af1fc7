import { join } from 'node:path';
import { messageOf, withTrustedCa } from '@comanda/kit';
import type { Server } from '../servers/server.js';
import type { NeededServer } from './needed-servers.js';

/** Where a server that Comanda needs comes from, in the order in which the sources are tried. */
export type Source = 'configured' | 'listening' | 'docker' | 'binaries' | 'apt';

export interface FindOptions {
  /** `.comanda`: a private server keeps its data in a folder below it. */
  readonly dataDirectory: string;
  readonly env: NodeJS.ProcessEnv;
  readonly avoid: readonly Source[];
  readonly announce: (message: string) => void;
  readonly ownGroup: boolean;
  readonly containerEngineAnswers: () => Promise<boolean>;
  /** Installs the server's program; `undefined` where that is not possible. */
  readonly install: ((program: NeededServer['program']) => Promise<void>) | undefined;
}

export interface FoundServer {
  readonly url: string;
  readonly source: Source;
  /** How it was found, in one line for people, without its password. */
  readonly description: string;
  /** Stops it if we started it; does nothing otherwise. */
  stop(): Promise<void>;
}

/** Why each source gave no server, in the order in which they were tried. */
export type Obstacles = ReadonlyMap<Source, string>;

export type FindResult =
  | { readonly found: FoundServer }
  | { readonly found: undefined; readonly obstacles: Obstacles };

/** Goes through the sources in order until one gives a server that answers. */
export async function findServer(server: NeededServer, options: FindOptions): Promise<FindResult> {
  const obstacles = new Map<Source, string>();
  for (const [source, look] of SOURCES) {
    if (options.avoid.includes(source)) continue;
    const found = await look(server, options).catch(messageOf);
    if (typeof found !== 'string') return { found: { source, ...found } };
    obstacles.set(source, found);
    // A configured server is never replaced by another one.
    if (source === 'configured' && configuredUrl(server, options) !== undefined) break;
  }
  return { found: undefined, obstacles };
}

/** Gives a server, or why there is none; it may fail as well. */
type Look = (server: NeededServer, options: FindOptions) => Promise<Omit<FoundServer, 'source'> | string>;

const SOURCES: readonly (readonly [Source, Look])[] = [
  [
    'configured',
    async (server, options) => {
      const url = configuredUrl(server, options);
      const variable = variableOf(server);
      if (url === undefined) return `${variable} is not set`;
      if (await server.answers(url)) return notOurs(url, variable);
      return `${variable} is set to ${withoutPassword(url)}, but no ${server.name} answers there. Start it, correct the URL, or unset ${variable}.`;
    },
  ],
  [
    'listening',
    async (server) => {
      const url = server.defaultUrl;
      if (await server.answers(url)) return notOurs(url, 'already running here');
      return `no ${server.name} answers on localhost:${new URL(url).port}`;
    },
  ],
  [
    'docker',
    async (server, options) => {
      if (!(await options.containerEngineAnswers())) return 'no Docker engine answers';
      options.announce(`Starting ${server.name} in Docker (the first time its image is fetched)`);
      const started = await start(server, options, 'container');
      return ours(started, `Docker ${started.runsAs}`);
    },
  ],
  [
    'binaries',
    async (server, options) =>
      server.isInstalled() ? startPrivately(server, options) : `${server.program} is not installed`,
  ],
  [
    'apt',
    async (server, options) => {
      if (!options.install) return 'it can be installed from here only by root on Debian or Ubuntu';
      options.announce(`Installing ${server.program} with apt`);
      await options.install(server.program);
      return startPrivately(server, options);
    },
  ],
];

async function startPrivately(server: NeededServer, options: FindOptions) {
  options.announce(`Starting a private ${server.name}`);
  const started = await start(server, options, 'process');
  return ours(started, `private ${server.program}, data in ${started.directory}`);
}

const start = (server: NeededServer, options: FindOptions, runAs: 'container' | 'process'): Promise<Server> =>
  server.start({
    directory: join(options.dataDirectory, server.name.toLowerCase()),
    keepData: true,
    runAs,
    ownGroup: options.ownGroup,
  });

const ours = (server: Server, how: string) => ({
  url: server.url,
  description: `${how} (${withoutPassword(server.url)})`,
  stop: () => server.discard(),
});

const notOurs = (url: string, how: string) => ({
  url,
  description: `${how} (${withoutPassword(url)})`,
  stop: async () => undefined,
});

/** `RABBITMQ_URL`, `REDIS_URL`. */
export const variableOf = ({ name }: NeededServer): string => `${name.toUpperCase()}_URL`;

function configuredUrl(server: NeededServer, { env }: FindOptions): string | undefined {
  const variable = variableOf(server);
  const url = env[variable];
  const ca = env[variable.replace(/URL$/, 'CA')];
  return url && ca ? withTrustedCa(url, ca) : url || undefined;
}

/** The URL without its password, for messages. An address that is no URL is shown as it is. */
export function withoutPassword(url: string): string {
  if (!URL.canParse(url)) return url;
  const shown = new URL(url);
  if (shown.password !== '') shown.password = '***';
  return shown.href;
}
