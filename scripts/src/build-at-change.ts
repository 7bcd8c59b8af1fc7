import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type FSWatcher, globSync, watch } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Gatherer } from '@comanda/kit';

/** An editor saves in several steps, and a formatter follows: all of them belong in one build. */
const SETTLE_MS = 200;

/**
 * Builds once, and again at each change of a source file; after each build without errors it calls `built`. It does one
 * thing at a time: what changes during a build is in the next. The compiler's own watch mode misses changes.
 *
 * @param root the folder of the repository
 * @param built never rejects
 */
export function buildAtChange(root: string, built: () => Promise<void>): { stop(): Promise<void> } {
  let stopped = false;
  const gatherer = new Gatherer<string>(
    async () => {
      if (!stopped && (await builds(root)) && !stopped) await built();
    },
    { beforeFirst: () => pause(SETTLE_MS) },
  );
  const watchers = globSync(['*/src', 'packages/*/src'], { cwd: root }).map(
    (folder): FSWatcher =>
      watch(join(root, folder), { recursive: true }, (_event, file) => {
        if (file?.endsWith('.ts') && !file.endsWith('.spec.ts')) gatherer.add(file);
      }),
  );
  gatherer.add('the first build');
  return {
    async stop() {
      stopped = true;
      for (const watcher of watchers) watcher.close();
      await gatherer.idle();
    },
  };
}

/** Whether everything builds without an error; the compiler prints the errors. */
async function builds(root: string): Promise<boolean> {
  const compiler = spawn(process.execPath, [resolve(root, 'node_modules/typescript/bin/tsc'), '-b'], {
    cwd: root,
    stdio: 'inherit',
  });
  const [code] = await once(compiler, 'exit');
  return code === 0;
}
