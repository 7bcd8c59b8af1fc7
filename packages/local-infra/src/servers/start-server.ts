import { freePort } from '../free-port.js';
import { mayHaveContainerEngine } from './engine-traces.js';
import { ProcessServer } from './process-server.js';
import type { Server, ServerKind, ServerOptions } from './server.js';

/**
 * Starts a server of our own; resolves when clients are served. It listens on loopback, on a port of its own, and
 * disturbs no other server on the machine.
 *
 * @throws Error when it does not come up, with the end of its log
 */
export async function startServer<Options extends ServerOptions>(
  kind: ServerKind<Options>,
  options: Options,
): Promise<Server> {
  const server = await prepareServer(kind, options);
  await server.start();
  return server;
}

/** The same, not started yet: where it will listen is known. */
export async function prepareServer<Options extends ServerOptions>(
  kind: ServerKind<Options>,
  options: Options,
): Promise<Server> {
  const port = options.port ?? (await freePort());
  if (options.runAs === 'container' || (options.runAs === undefined && mayHaveContainerEngine())) {
    // Loading testcontainers takes half a second: not for those who need no server.
    const { ContainerServer, containerEngine } = await import('./container-server.js');
    const engine = await containerEngine();
    if (engine !== undefined)
      return new ContainerServer({ engine, kind, plan: kind.container(options), options, port });
    if (options.runAs === 'container') throw new Error('no container engine answers');
  }
  return new ProcessServer({ kind, options, port, plan: await kind.process(options, port) });
}

/** Whether an engine answers in which servers can run as containers. */
export async function containerEngineAnswers(): Promise<boolean> {
  if (!mayHaveContainerEngine()) return false;
  const { containerEngine } = await import('./container-server.js');
  return (await containerEngine()) !== undefined;
}
