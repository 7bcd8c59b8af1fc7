import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SERVICES } from '@comanda/contracts';
import { expect, test } from '@jest/globals';
import { workspacesOf } from '../../scripts/src/generated/workspaces.js';

const ROOT = join(import.meta.dirname, '../..');
const page = readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8');
/** The Mermaid diagram that begins with this comment. */
function diagram(name: string): string {
  const found = new RegExp(`\`\`\`mermaid\\n%% ${name}\\b[^\\n]*\\n([\\s\\S]*?)\`\`\``).exec(page)?.[1];
  if (found === undefined) throw new Error(`docs/architecture.md has no diagram "${name}"`);
  return found;
}

/** All services are one box: none imports another one, and what holds for one holds for all. */
const boxOf = (folder: string): string => {
  const name = folder.replace('packages/', '');
  return SERVICES.some((service) => service.name === name) ? 'services' : name;
};
/** What crosses the house on purpose. */
const OUTSIDE = ['test', 'bench'];

function realArrows(): Map<string, Set<string>> {
  const workspaces = workspacesOf(ROOT).filter(({ folder }) => !OUTSIDE.includes(folder));
  const arrows = new Map(workspaces.map(({ folder }) => [boxOf(folder), new Set<string>()]));
  for (const { folder, dependencies } of workspaces)
    for (const used of workspaces.filter(({ name }) => name in dependencies))
      if (boxOf(used.folder) !== boxOf(folder)) arrows.get(boxOf(folder))?.add(boxOf(used.folder));
  return arrows;
}

/** Without the arrows that a longer way shows already. */
function reduced(arrows: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const reaches = (from: string, to: string): boolean =>
    [...(arrows.get(from) ?? [])].some((next) => next === to || reaches(next, to));
  return [...arrows].flatMap(([from, targets]) =>
    [...targets]
      .filter((to) => ![...targets].some((other) => other !== to && reaches(other, to)))
      .map((to) => `${from} --> ${to}`),
  );
}

test('the diagram of the house has exactly the packages and the arrows that there are', () => {
  const lines = diagram('the house').split('\n');
  const drawn = lines.map((line) => line.trim()).filter((line) => line.includes('-->'));
  const arrows = realArrows();
  expect(drawn.toSorted()).toEqual(reduced(arrows).toSorted());
  const boxes = lines.flatMap((line) => /^\s*([a-z-]+)\[/.exec(line)?.[1] ?? []);
  expect(boxes.toSorted()).toEqual([...arrows.keys()].toSorted());
});

test('every file that the life of a message passes is there', () => {
  const files = [...diagram('the life of a message').matchAll(/[a-z-]+\/[a-z-]+\.ts/g)].map(([file]) => file);
  expect(files.length).toBeGreaterThan(8);
  const missing = files.filter((file) => !existsSync(join(ROOT, 'packages/messaging/src', file)));
  expect(missing).toEqual([]);
});

test('every room of a service is one of those that the page names', () => {
  const lines = page.split('\n').filter((line) => /^[a-z-]+\/ {2,}/.test(line));
  const rooms = new Set(lines.flatMap((line) => line.match(/[a-z-]+(?=\/( |$))/g) ?? []));
  const unnamed = SERVICES.flatMap(({ name }) =>
    readdirSync(join(ROOT, name, 'src'), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !rooms.has(entry.name))
      .map((entry) => `${name}/src/${entry.name}`),
  );
  expect(unnamed).toEqual([]);
});
