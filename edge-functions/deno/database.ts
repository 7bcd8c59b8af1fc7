import pg from 'pg';
import { z } from 'zod';

/** Where the tables of schema.sql are: a URL of PostgreSQL. */
export const databaseSettings = {
  DATABASE_URL: z.url({
    protocol: /^postgres(ql)?$/,
    error: 'must be postgres://user:password@host:port/database',
  }),
};

/** A sender waits 10 s for its answer. What takes longer here would be done twice. */
const CONNECT_TIMEOUT_MS = 3_000;
const STATEMENT_TIMEOUT_MS = 4_000;
/** Many copies of a function run side by side, and each has so many. */
const MAX_CONNECTIONS = 4;

export function connect({ DATABASE_URL }: { readonly DATABASE_URL: string }): pg.Pool {
  const pool = new pg.Pool({
    connectionString: DATABASE_URL,
    max: MAX_CONNECTIONS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: STATEMENT_TIMEOUT_MS,
  });
  // A connection that breaks while nobody uses it is replaced by the next request; unheard, it would end the process.
  pool.on('error', (error) => console.error(`a connection to PostgreSQL was lost: ${error.message}`));
  return pool;
}
