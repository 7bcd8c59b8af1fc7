import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inheritedEnvironment, runCommand } from '@comanda/local-infra';

const ROOT = join(import.meta.dirname, '../../..');
const BUILT = 'comanda-built';

/** A release, and where its services are built. */
export interface BuiltRelease {
  /** For people: the tag, or what was asked for, with its commit. */
  readonly name: string;
  readonly root: string;
}

/**
 * Another release of this repository, built as it builds itself, in a folder that is kept for the next time.
 *
 * @param from a tag, branch or commit; the newest release before this commit when left out
 * @throws Error with a line for people
 */
export async function buildRelease(
  from: string | undefined,
  say: (line: string) => void,
): Promise<BuiltRelease> {
  const reference = from ?? (await newestTag());
  const commit = await git('rev-parse', '--verify', '--end-of-options', `${reference}^{commit}`);
  const name = commit.startsWith(reference) ? reference : `${reference} (${commit.slice(0, 8)})`;
  const root = join(ROOT, '.comanda', 'compat', commit);
  if (existsSync(join(root, BUILT))) return { name, root };
  say(`building ${name}, which is kept in ${root}`);
  const aside = `${root}.${process.pid}`;
  try {
    await exportCommit(commit, aside);
    await run(process.execPath, ['scripts/bootstrap.mjs', 'build'], aside);
    writeFileSync(join(aside, BUILT), '');
    rmSync(root, { recursive: true, force: true });
    renameSync(aside, root);
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
  return { name, root };
}

async function newestTag(): Promise<string> {
  const tags = await git('tag', '--merged', 'HEAD', '--no-contains', 'HEAD', '--sort=-version:refname');
  const [newest] = tags.split('\n');
  if (!newest)
    throw new Error(
      'there is no tag of an earlier release in this clone: fetch the tags, or name a commit with --from',
    );
  return newest;
}

async function exportCommit(commit: string, folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const archive = join(folder, 'release.tar');
  await git('archive', `--output=${archive}`, commit);
  await run('tar', ['-xf', archive], folder);
  rmSync(archive);
}

const git = (...words: string[]): Promise<string> => run('git', words, ROOT);

async function run(command: string, args: readonly string[], cwd: string): Promise<string> {
  const { ok, stdout, complaint } = await runCommand(command, args, { cwd, env: inheritedEnvironment() });
  if (!ok) throw new Error(`${command} ${args.join(' ')} failed: ${complaint}`);
  return stdout.trim();
}
