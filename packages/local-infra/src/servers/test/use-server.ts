import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';
import type { Server } from '../server.js';
import { type EngineOfProcesses, startEngineOfProcesses } from './engine-of-processes.js';

/** A server for the tests of a `describe`, with an engine for those that run as containers. */
export function useServer<S extends Server>(start: (directory: string) => Promise<S>): () => S {
  const directory = mkdtempSync(join(tmpdir(), 'comanda-server-'));
  let processes: EngineOfProcesses;
  let server: S;

  beforeAll(async () => {
    processes = await startEngineOfProcesses();
    server = await start(directory);
  }, 90_000);

  afterAll(async () => {
    await server.discard();
    await processes.stop();
    rmSync(directory, { recursive: true });
  });

  return () => server;
}
