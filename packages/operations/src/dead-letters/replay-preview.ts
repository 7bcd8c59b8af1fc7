import { COMMANDS, EVENTS, type ReplayPreview, typesFor } from '@comanda/contracts';
import { messageOf } from '@comanda/kit';
import { incoming, parsed, serviceOf } from '@comanda/messaging';

const MESSAGES = new Map([...EVENTS, ...COMMANDS].map((type) => [type.type, type]));

/** What the service will say to the message before it looks into its database: all that can be known beforehand. */
export function replayPreview(queue: string, body: Buffer): ReplayPreview {
  const service = serviceOf(queue);
  try {
    const envelope = incoming(body);
    const type = MESSAGES.get(envelope.type);
    if (!type || !typesFor(service).includes(envelope.type))
      return { fits: false, detail: `still not possible: ${service} has no handler for ${envelope.type}` };
    parsed(type, envelope);
    return { fits: true, detail: `fits ${type.type}/v${type.version}` };
  } catch (error) {
    return { fits: false, detail: `still does not fit: ${messageOf(error)}` };
  }
}
