import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { EVENTS, SERVICES } from '@comanda/contracts';
import { workspacesOf } from '../generated/workspaces.js';

export interface NewService {
  /** The root of the repository. */
  readonly root: string;
  /** Lower-case letters: `loyalty` becomes loyalty-service, loyalty_queue, LOYALTY_PORT. */
  readonly alias: string;
  /** The first event that it reacts to, like `order.created`. */
  readonly event: string;
}

const TEMPLATE = 'scripts/service-template';
const SUFFIX = '.txt';

/**
 * Carries out the recipe for a service: its folder, its entry in the manifest, and the three lists that can't read the
 * manifest. Returns the name of the service.
 *
 * @throws Error when the alias or the event can't be had
 */
export function newService({ root, alias, event }: NewService): string {
  if (!/^[a-z]{3,16}$/.test(alias)) throw new Error(`"${alias}" is no alias: 3 to 16 letters, lower case`);
  if (SERVICES.some((service) => service.alias === alias)) throw new Error(`There is a service "${alias}"`);
  if (EVENTS.every(({ type }) => type !== event)) throw new Error(`There is no event "${event}"`);
  const name = `${alias}-service`;
  const port = Math.max(...SERVICES.map((service) => service.port.standard)) + 1;

  writeFolder({ root, alias, event, name, port });
  edit(root, 'packages/contracts/src/services.ts', (text) =>
    text.replace('\n] as const satisfies', `\n${entryOf({ alias, name, port })}] as const satisfies`),
  );
  edit(root, eventFile(root, event), (text) => withConsumer(text, event, name));
  edit(root, 'package.json', (text) => text.replace('    "auditor",\n', `    "auditor",\n    "${name}",\n`));
  edit(root, 'tsconfig.json', (text) =>
    text.replace('    { "path": "auditor" },\n', `    { "path": "auditor" },\n    { "path": "${name}" },\n`),
  );
  return name;
}

function writeFolder(service: NewService & { name: string; port: number }): void {
  const { root, alias, event, name, port } = service;
  const Class = capitalized(alias);
  const fill = (text: string): string =>
    text
      .replaceAll('__NAME__', name)
      .replaceAll('__ALIAS__', alias)
      .replaceAll('__CLASS__', Class)
      .replaceAll('__PREFIX__', alias.toUpperCase())
      .replaceAll('__PORT__', String(port))
      .replaceAll('__EVENT__', event.split('.').map(capitalized).join(''))
      .replaceAll('__EVENT_FILE__', event.replace('.', '-').toLowerCase())
      .replaceAll('__TYPE__', event)
      .replaceAll('__TIME__', String(Date.now()))
      .replaceAll(/__VERSION_OF_(.+?)__/g, (_, dependency: string) => versionOf(root, dependency));
  for (const file of globSync(`${TEMPLATE}/**/*${SUFFIX}`, { cwd: root })) {
    const target = join(root, name, fill(file.slice(TEMPLATE.length + 1, -SUFFIX.length)));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, fill(readFileSync(join(root, file), 'utf8')));
  }
}

const entryOf = ({ alias, name, port }: { alias: string; name: string; port: number }): string => {
  const prefix = alias.toUpperCase();
  return `  {
    name: '${name}',
    alias: '${alias}',
    summary: 'what it is for, in a line',
    port: { variable: '${prefix}_PORT', standard: ${port} },
    database: { variable: '${prefix}_DATABASE_URL', file: '${alias}.db' },
    queues: { messages: '${alias}_queue', queries: '${alias}_queries' },
    settings: [],
  },
`;
};

const definition = (event: string): RegExp =>
  new RegExp(`(defineEvent\\('${event.replace('.', '\\.')}',[\\s\\S]*?consumers: \\[)`);

function eventFile(root: string, event: string): string {
  const files = globSync('packages/contracts/src/events/*.ts', { cwd: root });
  const found = files.find((file) => definition(event).test(readFileSync(join(root, file), 'utf8')));
  if (found === undefined) throw new Error(`${event} is not defined in packages/contracts/src/events`);
  return found;
}

const withConsumer = (text: string, event: string, name: string): string =>
  text.replace(definition(event), `$1'${name}', `);

function versionOf(root: string, dependency: string): string {
  const version = workspacesOf(root).flatMap(({ dependencies }) => dependencies[dependency] ?? [])[0];
  if (version === undefined) throw new Error(`No workspace uses ${dependency}`);
  return version;
}

/** @throws Error when the file is not as it is known, so that there is no place for the change */
function edit(root: string, file: string, change: (text: string) => string): void {
  const text = readFileSync(join(root, file), 'utf8');
  const changed = change(text);
  if (changed === text) throw new Error(`${file} has no place for a new service`);
  writeFileSync(join(root, file), changed);
}

const capitalized = (word: string): string => word.slice(0, 1).toUpperCase() + word.slice(1);
