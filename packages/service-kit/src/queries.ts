import type { DataOf, Message, QueryType, Reply } from '@comanda/contracts';
import { Answers } from '@comanda/messaging';
import type { Database } from '@comanda/storage';
import { Controller, Inject, type Type } from '@nestjs/common';
import type { z } from 'zod';
import type { Lists, TenantReaders } from './lists.js';
import { DATABASE, LISTS } from './tokens.js';

/** How a service answers one query from the rows that are committed. */
export interface QueryAnswer {
  readonly query: QueryType;
  answer(database: Database, message: Message<never>): Promise<Reply>;
}

/** A list of what a tenant has; it may be two seconds old where there is a standby to read it from. */
export interface ListAnswer {
  readonly query: QueryType;
  /** Whether it must not. */
  mustBeNew(message: Message<never>): boolean;
  answer(source: TenantReaders, message: Message<never>): Promise<Reply>;
}

/** Declares the answer to a query, as `on` declares a handler. The message was parsed by the query's own schema. */
export const answers = <Q extends QueryType>(
  query: Q,
  answer: (database: Database, message: Message<DataOf<Q>>) => Promise<Reply>,
) => ({ query, answer }) satisfies QueryAnswer;

/**
 * Declares the answer to a query for a list that may be behind, unless the question says `anew`: nothing is decided by it, and
 * nobody promises that it shows what was done a moment ago.
 */
export const lists = <Q extends QueryType & { readonly data: z.ZodType<{ anew?: boolean | undefined }> }>(
  query: Q,
  answer: (source: TenantReaders, message: Message<DataOf<Q>>) => Promise<Reply>,
) =>
  ({
    query,
    answer,
    mustBeNew: ({ data }: Message<{ anew?: boolean | undefined }>) => data.anew === true,
  }) satisfies ListAnswer;

/** Makes Nest controllers of answers, so that a module lists them like any other. */
export function queries(...all: readonly (QueryAnswer | ListAnswer)[]): Type[] {
  return all.map((one) => {
    @Controller()
    class QueryController {
      constructor(
        @Inject(DATABASE) private readonly database: Database,
        @Inject(LISTS) private readonly lists: Lists,
      ) {}

      @Answers(one.query)
      answer(message: Message<never>): Promise<Reply> {
        return 'mustBeNew' in one && !one.mustBeNew(message)
          ? this.lists.ask((source) => one.answer(source, message))
          : one.answer(this.database, message);
      }
    }
    return Object.defineProperty(QueryController, 'name', { value: one.query.type });
  });
}
