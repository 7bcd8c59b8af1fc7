import { COMMANDS, EVENTS, typesFor } from '@comanda/contracts';
import { serviceOf } from '../broker/topology.js';
import { incoming, parsed } from '../broker/wire.js';

const MESSAGES = new Map([...EVENTS, ...COMMANDS].map((type) => [type.type, type]));

export interface Prospect {
  /** Whether the service's schemas take the message now. */
  readonly fits: boolean;
  readonly detail: string;
}

/** What the service will say to the message before it looks into its database: all that can be known from here. */
export function prospectOf(queue: string, body: Buffer): Prospect {
  const service = serviceOf(queue);
  try {
    const envelope = incoming(body);
    const type = MESSAGES.get(envelope.type);
    if (!type || !typesFor(service).includes(envelope.type))
      return { fits: false, detail: `still not possible: ${service} has no handler for ${envelope.type}` };
    parsed(type, envelope);
    return { fits: true, detail: `fits ${type.type}/v${type.version}` };
  } catch (error) {
    return { fits: false, detail: `still does not fit: ${error instanceof Error ? error.message : error}` };
  }
}
