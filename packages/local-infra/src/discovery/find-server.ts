import { messageOf, withTrustedCa } from '@comanda/kit';
import { canInstallWithApt } from '../install/apt.js';
import type { Server } from '../servers/server.js';
import { chooseSource, SOURCES, type Source, type SourceProbes } from './choose-source.js';
import type { Obstacles } from './missing-servers.js';
import type { NeededServer } from './needed-servers.js';

export interface FindOptions {
  /** `.comanda`: a private server keeps its data in a folder below it. */
  readonly dataDirectory: string;
  readonly env: NodeJS.ProcessEnv;
  readonly avoid: readonly Source[];
  readonly announce: (message: string) => void;
  readonly ownGroup: boolean;
  readonly containerEngineAnswers: () => Promise<boolean>;
  readonly install: (program: NeededServer['program']) => Promise<void>;
}

export interface FoundServer {
  readonly url: string;
  readonly source: Source;
  /** How it was found, in one line for people, without its password. */
  readonly description: string;
  /** Stops it if we started it; does nothing otherwise. */
  stop(): Promise<void>;
}

export type FindResult =
  | { readonly found: FoundServer }
  | { readonly found: undefined; readonly obstacles: Obstacles };

/** Goes through the sources in order until one gives a server that answers. */
export async function findServer(server: NeededServer, options: FindOptions): Promise<FindResult> {
  const obstacles = new Map<Source, string>();
  const probes: SourceProbes = {
    configured: () => configuredUrl(server, options) !== undefined,
    listening: () => server.answers(server.defaultUrl),
    docker: options.containerEngineAnswers,
    binaries: server.isInstalled,
    apt: canInstallWithApt,
  };
  for (;;) {
    const source = await chooseSource(probes, new Set([...options.avoid, ...obstacles.keys()]));
    if (source === undefined)
      return { found: undefined, obstacles: withUnavailable(server, obstacles, options.avoid) };
    try {
      return { found: await take(source, server, options) };
    } catch (error) {
      obstacles.set(source, messageOf(error));
      // A configured server is never replaced by another one.
      if (source === 'configured') return { found: undefined, obstacles };
    }
  }
}

async function take(source: Source, server: NeededServer, options: FindOptions): Promise<FoundServer> {
  const nothingToStop = async (): Promise<void> => undefined;
  switch (source) {
    case 'configured': {
      const url = configuredUrl(server, options) ?? server.defaultUrl;
      if (!(await server.answers(url))) throw new Error(silentUrl(server, url));
      return {
        source,
        url,
        description: `${server.variable} (${withoutPassword(url)})`,
        stop: nothingToStop,
      };
    }
    case 'listening': {
      const url = server.defaultUrl;
      return {
        source,
        url,
        description: `already running here (${withoutPassword(url)})`,
        stop: nothingToStop,
      };
    }
    case 'docker': {
      options.announce(`Starting ${server.name} in Docker (the first time its image is fetched)`);
      const started = await start(server, options, 'container');
      const description = `Docker ${started.runsAs} (${withoutPassword(started.url)})`;
      return { source, url: started.url, description, stop: () => started.discard() };
    }
    case 'binaries':
      return startPrivately(source, server, options);
    case 'apt':
      options.announce(`Installing ${server.program} with apt`);
      await options.install(server.program);
      return startPrivately(source, server, options);
  }
}

async function startPrivately(
  source: Source,
  server: NeededServer,
  options: FindOptions,
): Promise<FoundServer> {
  options.announce(`Starting a private ${server.name}`);
  const started = await start(server, options, 'process');
  const description = `private ${server.program}, data in ${started.directory} (${withoutPassword(started.url)})`;
  return { source, url: started.url, description, stop: () => started.discard() };
}

const start = (server: NeededServer, options: FindOptions, runAs: 'container' | 'process'): Promise<Server> =>
  server.start({
    directory: server.directory(options.dataDirectory),
    keepData: true,
    runAs,
    ownGroup: options.ownGroup,
  });

function configuredUrl(server: NeededServer, { env }: FindOptions): string | undefined {
  const url = env[server.variable];
  const ca = env[server.variable.replace(/URL$/, 'CA')];
  return url && ca ? withTrustedCa(url, ca) : url || undefined;
}

function silentUrl({ name, variable }: NeededServer, url: string): string {
  return `${variable} is set to ${withoutPassword(url)}, but no ${name} answers there. Start it, correct the URL, or unset ${variable}.`;
}

function withUnavailable(server: NeededServer, met: Obstacles, avoided: readonly Source[]): Obstacles {
  const port = new URL(server.defaultUrl).port;
  const reasons: Record<Source, string> = {
    configured: `${server.variable} is not set`,
    listening: `no ${server.name} answers on localhost:${port}`,
    docker: 'no Docker engine answers',
    binaries: `${server.program} is not installed`,
    apt: 'it can be installed from here only by root on Debian or Ubuntu',
  };
  const untold = SOURCES.filter((source) => !avoided.includes(source));
  return new Map(untold.map((source) => [source, met.get(source) ?? reasons[source]]));
}

/** The URL without its password, for messages. An address that is no URL is shown as it is. */
export function withoutPassword(url: string): string {
  if (!URL.canParse(url)) return url;
  const shown = new URL(url);
  if (shown.password !== '') shown.password = '***';
  return shown.href;
}
