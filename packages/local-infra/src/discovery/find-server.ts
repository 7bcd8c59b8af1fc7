import { join } from 'node:path';
import { brokersIn, messageOf, withTrustedCa } from '@comanda/kit';
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
  /** Its URL for people: without its password. */
  readonly address: string;
  /** Resolves when it answers: a process of ours may still be on its way up. Rejects when it does not get there. */
  readonly answers: Promise<void>;
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
      const address = eachOf(server, url, withoutPassword);
      if (await server.answers(url)) return { ...notOurs(url), address };
      return `${variable} is set to ${address}, but no ${server.name} answers there. Start it, correct the URL, or unset ${variable}.`;
    },
  ],
  [
    'listening',
    async (server) => {
      const url = server.defaultUrl;
      if (await server.answers(url)) return notOurs(url);
      return `no ${server.name} answers on localhost:${new URL(url).port}`;
    },
  ],
  [
    'docker',
    async (server, options) => {
      if (!(await options.containerEngineAnswers())) return 'no Docker engine answers';
      options.announce(`Starting ${server.name} in Docker (the first time its image is fetched)`);
      const container = await prepare(server, options, 'container');
      await container.start();
      return ours(container, Promise.resolve());
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
  const program = await prepare(server, options, 'process');
  const answers = program.start();
  answers.catch(() => undefined); // told to whoever waits for it
  return ours(program, answers);
}

const prepare = (server: NeededServer, options: FindOptions, runAs: 'container' | 'process') =>
  server.prepare({
    directory: join(options.dataDirectory, server.name.toLowerCase()),
    keepData: true,
    runAs,
    ownGroup: options.ownGroup,
  });

const ours = (server: Server, answers: Promise<void>) => ({
  url: server.url,
  address: withoutPassword(server.url),
  answers,
  stop: () => server.discard(),
});

const notOurs = (url: string) => ({
  url,
  address: withoutPassword(url),
  answers: Promise.resolve(),
  stop: async () => undefined,
});

/** `RABBITMQ_URL`, `REDIS_URL`. */
export const variableOf = ({ name }: NeededServer): string => `${name.toUpperCase()}_URL`;

function configuredUrl(server: NeededServer, { env }: FindOptions): string | undefined {
  const variable = variableOf(server);
  const url = env[variable];
  const ca = env[variable.replace(/URL$/, 'CA')];
  return url && ca ? eachOf(server, url, (one) => withTrustedCa(one, ca)) : url || undefined;
}

/** A RabbitMQ may be several nodes with a URL each; a comma in that of a Redis is its own. */
const eachOf = ({ name }: NeededServer, url: string, change: (one: string) => string): string =>
  name === 'RabbitMQ' ? brokersIn(url).map(change).join(',') : change(url);

/** The URL without its password, for messages. An address that is no URL is shown as it is. */
export function withoutPassword(url: string): string {
  if (!URL.canParse(url)) return url;
  const shown = new URL(url);
  if (shown.password !== '') shown.password = '***';
  return shown.href;
}
