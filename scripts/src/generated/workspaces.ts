import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';

const Package = z.object({
  name: z.string(),
  dependencies: z.record(z.string(), z.string()).default({}),
  devDependencies: z.record(z.string(), z.string()).default({}),
});
const Root = z.object({ workspaces: z.array(z.string()) });

export interface Workspace extends z.output<typeof Package> {
  /** From the root of the repository, like `packages/kit`. */
  readonly folder: string;
}

const readJson = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));

/** The workspaces of the root's package.json, in its order; those of a pattern by name. */
export function workspacesOf(root: string): Workspace[] {
  return Root.parse(readJson(join(root, 'package.json'))).workspaces.flatMap((pattern) =>
    globSync(join(pattern, 'package.json'), { cwd: root })
      .sort()
      .map((file) => ({ ...Package.parse(readJson(join(root, file))), folder: dirname(file) })),
  );
}
