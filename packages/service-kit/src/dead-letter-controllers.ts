import {
  type DataOf,
  deadLetterRequestsTo,
  type Message,
  type Reply,
  type ServiceName,
} from '@comanda/contracts';
import { Answers, handlers, queueOf } from '@comanda/messaging';
import { deadLetterHandlers, listLetters } from '@comanda/operations';
import type { Database } from '@comanda/storage';
import { Controller, Inject, type Type } from '@nestjs/common';
import { DATABASE } from './tokens.js';

/** Nest's controllers for what every service is asked about its dead letters. */
export function deadLetterControllers(service: ServiceName, replayDays: number): Type[] {
  const { list } = deadLetterRequestsTo(service);
  const queue = queueOf(service);

  @Controller()
  class DeadLetterQueries {
    constructor(@Inject(DATABASE) private readonly database: Database) {}

    @Answers(list)
    list(message: Message<DataOf<typeof list>>): Promise<Reply> {
      return listLetters({ queue, database: this.database, replayDays, clock: () => new Date() }, message);
    }
  }
  return [DeadLetterQueries, ...handlers(...deadLetterHandlers(service, replayDays))];
}
