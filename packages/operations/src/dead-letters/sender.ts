import { accountOf, COMMANDS, EVENTS, type ServiceName } from '@comanda/contracts';
import { HEADERS, wrongSenderOf } from '@comanda/messaging';
import { contentOf } from './content.js';
import type { DeadMessage } from './message.js';

const MESSAGES = new Map([...EVENTS, ...COMMANDS].map((type) => [type.type, type]));

/**
 * The dead letter with a header that names its sender, when it lies among the dead letters of a service to which that
 * sender may not send to the service: put back by the service itself, it would be taken for genuine.
 */
export function withWrongSender<Dead extends DeadMessage>(service: ServiceName, deadLetter: Dead): Dead {
  const { properties, content } = deadLetter;
  // The service itself put it here, and has said so when the sender was wrong.
  if (accountOf(String(properties.userId)) === service) return deadLetter;
  const type = MESSAGES.get(contentOf(content).type ?? '');
  const wrong = type && wrongSenderOf(type, service, properties);
  if (!wrong) return deadLetter;
  const headers = { ...properties.headers, [HEADERS.wrongSender]: wrong.sender };
  return { ...deadLetter, properties: { ...properties, headers } };
}
