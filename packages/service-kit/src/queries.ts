import type { DataOf, Message, QueryType, Reply } from '@comanda/contracts';
import { Answers } from '@comanda/messaging';
import type { Database } from '@comanda/storage';
import { Controller, Inject, type Type } from '@nestjs/common';
import { DATABASE } from './tokens.js';

/** How a service answers one query from the rows that are committed. */
export interface QueryAnswer {
  readonly query: QueryType;
  answer(database: Database, message: Message<never>): Promise<Reply>;
}

/** Declares the answer to a query, as `on` declares a handler. The message was parsed by the query's own schema. */
export const answers = <Q extends QueryType>(
  query: Q,
  answer: (database: Database, message: Message<DataOf<Q>>) => Promise<Reply>,
) => ({ query, answer }) satisfies QueryAnswer;

/** Makes Nest controllers of answers, so that a module lists them like any other. */
export function queries(...list: readonly QueryAnswer[]): Type[] {
  return list.map(({ query, answer }) => {
    @Controller()
    class QueryController {
      constructor(@Inject(DATABASE) private readonly database: Database) {}

      @Answers(query)
      answer(message: Message<never>): Promise<Reply> {
        return answer(this.database, message);
      }
    }
    return Object.defineProperty(QueryController, 'name', { value: query.type });
  });
}
