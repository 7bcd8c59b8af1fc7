import { parseArgs } from 'node:util';
import { SERVICE_QUEUES } from '@comanda/messaging';

export const USAGE = `npm run dead-letters -- list [--queue Q] [--type T] [--tenant N] [--json]
npm run dead-letters -- show ID [--queue Q] [--tenant N]
npm run dead-letters -- replay ID|--all [--queue Q] [--type T] [--tenant N] [--dry-run] [--force]
npm run dead-letters -- discard ID|--all [--queue Q] [--type T] [--tenant N] [--dry-run]`;

interface Which {
  readonly queue?: string | undefined;
  readonly type?: string | undefined;
  readonly tenantId?: string | undefined;
}
export type Command =
  | ({ readonly kind: 'list'; readonly json: boolean } & Which)
  | ({ readonly kind: 'show'; readonly messageId: string } & Which)
  | ({
      readonly kind: 'replay' | 'discard';
      /** All that are meant when left out. */
      readonly messageId?: string;
      readonly dryRun: boolean;
      readonly force: boolean;
    } & Which);

const OPTIONS = {
  queue: { type: 'string' },
  type: { type: 'string' },
  tenant: { type: 'string' },
  json: { type: 'boolean' },
  all: { type: 'boolean' },
  'dry-run': { type: 'boolean' },
  force: { type: 'boolean' },
} as const;

const ALLOWED: Readonly<Record<Command['kind'], readonly string[]>> = {
  list: ['queue', 'type', 'tenant', 'json'],
  show: ['queue', 'tenant'],
  replay: ['queue', 'type', 'tenant', 'all', 'dry-run', 'force'],
  discard: ['queue', 'type', 'tenant', 'all', 'dry-run'],
};

/** @throws Error with one line that says what is wrong with the arguments */
export function parseCommand(args: readonly string[]): Command {
  const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  const [kind = '', messageId, ...rest] = positionals;
  if (!isKind(kind)) throw new Error(kind === '' ? 'Say what to do.' : `There is no command "${kind}".`);
  const stray = Object.keys(values).find((name) => !ALLOWED[kind].includes(name));
  if (stray !== undefined) throw new Error(`${kind} does not take --${stray}.`);
  if (rest.length > 0 || (kind === 'list' && messageId !== undefined))
    throw new Error(`"${rest[0] ?? messageId}" is one argument too many.`);
  const { queue, type, tenant: tenantId, all = false, json = false, force = false } = values;
  if (queue !== undefined && !SERVICE_QUEUES.includes(queue))
    throw new Error(`--queue must be one of ${SERVICE_QUEUES.join(', ')}.`);
  const which = { queue, type, tenantId };
  if (kind === 'list') return { kind, json, ...which };
  if (kind === 'show') {
    if (messageId === undefined) throw new Error('show needs the id of a letter.');
    return { kind, messageId, ...which };
  }
  if ((messageId === undefined) !== all) throw new Error(`${kind} needs the id of a letter, or --all.`);
  const dryRun = values['dry-run'] ?? false;
  return { kind, dryRun, force, ...(messageId !== undefined && { messageId }), ...which };
}

const isKind = (text: string): text is Command['kind'] => Object.hasOwn(ALLOWED, text);
