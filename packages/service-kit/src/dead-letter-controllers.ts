import { deadLetterRequestsTo, type ServiceName } from '@comanda/contracts';
import { handlers, queueOf } from '@comanda/messaging';
import { deadLetterHandlers, listDeadLetters } from '@comanda/operations';
import type { Type } from '@nestjs/common';
import { answers, queries } from './queries.js';

/** Nest's controllers for what every service is asked about its dead letters. */
export function deadLetterControllers(service: ServiceName, replayDays: number): Type[] {
  const requests = deadLetterRequestsTo(service);
  const queue = queueOf(service);
  const list = answers(requests.list, (database, message) =>
    listDeadLetters({ queue, database, replayDays, clock: () => new Date() }, message),
  );
  return [...queries(list), ...handlers(...deadLetterHandlers(service, replayDays))];
}
