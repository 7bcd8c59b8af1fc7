import { FatalStartupError } from '@comanda/kit';
import { EXCHANGE, ownerOf } from './topology.js';

/** What stands on the broker under a name that we declare, but otherwise. */
export interface TopologyMismatch {
  readonly what: 'queue' | 'exchange';
  readonly name: string;
  /** The first argument that differs; the broker names no more. */
  readonly argument: string;
  readonly wanted: string;
  readonly found: string;
}

const INEQUIVALENT =
  /inequivalent arg '([^']+)' for (queue|exchange) '(.+?)' in vhost '[^']*': received (.+?) but current is (.+?)"?$/;

/** Reads the broker's answer 406 to a declaration; `undefined` for any other error. */
export function topologyMismatchOf(error: unknown): TopologyMismatch | undefined {
  const [, argument, what, name, wanted, found] = INEQUIVALENT.exec(String(error)) ?? [];
  if (!argument || !name || !wanted || !found) return undefined;
  return {
    what: what === 'exchange' ? 'exchange' : 'queue',
    name,
    argument,
    wanted: valueIn(wanted),
    found: valueIn(found),
  };
}

/** In `the value '50' of type 'signedint'`, `'true'` or `none`: what is quoted, with its quotes, or all. */
const valueIn = (text: string): string => /'[^']*'/.exec(text)?.[0] ?? text;

/** One line: what is declared how, how it should be, and what to do. */
export function describeTopologyMismatch({ what, name, argument, wanted, found }: TopologyMismatch): string {
  return `${what} ${name} is declared otherwise on the broker: ${argument} is ${found} and should be ${wanted}. ${wayOut(name)}`;
}

/** The refusal of a service that meets it when it starts. */
export const topologyMismatchError = (mismatch: TopologyMismatch): FatalStartupError =>
  new FatalStartupError(describeTopologyMismatch(mismatch));

/** The arguments of a queue cannot be changed. An event that is published while a queue is deleted never reaches it. */
function wayOut(name: string): string {
  const owner = ownerOf(name);
  if (owner)
    return (
      `Stop everything but the ${owner.service} that is running, wait until ${name} is empty, stop that too, ` +
      `delete ${name}, and start again: docs/decisions/14-queues-declared-otherwise.md`
    );
  const who = name === EXCHANGE ? 'all services' : 'the services that use it';
  return `It holds nothing that lasts: stop ${who}, delete it, and start again; it is then declared anew.`;
}
