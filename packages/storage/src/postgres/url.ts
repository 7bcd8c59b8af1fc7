import pg from 'pg';

export interface PostgresUrl {
  /** Without what is ours in it. */
  readonly connectionString: string;
  readonly schema: string;
  /** For messages: without the password. */
  readonly shown: string;
}

const SCHEMA = /^[a-z_][a-z0-9_]{0,62}$/;
const STANDARD_SCHEMA = 'public';

/** What is wrong with `postgres://user:password@host:port/database?schema=name`, or `undefined`. */
export function problemOfPostgresUrl(url: string): string | undefined {
  if (!URL.canParse(url)) return 'must be postgres://user:password@host:port/database';
  const { hostname, pathname, searchParams } = new URL(url);
  if (hostname === '' || pathname.length < 2) return 'must name a host and a database';
  const schema = searchParams.get('schema');
  if (schema !== null && !SCHEMA.test(schema))
    return 'schema: lower-case letters, digits and _, not a digit first, at most 63';
  const sslmode = searchParams.get('sslmode');
  if (!['verify-full', 'disable', null].includes(sslmode) || searchParams.has('uselibpqcompat'))
    return "sslmode: verify-full checks the server's certificate (sslrootcert=file names whom to trust); another way of TLS is not taken";
  return undefined;
}

/** @throws Error when it is not usable */
export function postgresUrlOf(url: string): PostgresUrl {
  const problem = problemOfPostgresUrl(url);
  if (problem !== undefined) throw new Error(problem);
  const parsed = new URL(url);
  const schema = parsed.searchParams.get('schema') ?? STANDARD_SCHEMA;
  parsed.searchParams.delete('schema');
  const connectionString = parsed.href;
  // Further parameters may hold the password of a client's key.
  const { hostname, port, pathname, username } = parsed;
  const shown = `postgres://${username}@${hostname}${port && `:${port}`}${pathname} (schema ${schema})`;
  return { connectionString, schema, shown };
}

/** A server that does not even take a connection is unavailable. */
const CONNECT_MS = 5_000;
/** As long as a write waits for that of another process on SQLite. */
const LOCK_MS = 10_000;
/** The longest statement is one of the housekeeping's; what takes longer hangs, and everybody would wait behind it. */
const STATEMENT_MS = 30_000;
/** A process that was paused in the middle of a transaction must not keep the others from the rows that it has locked. */
const IDLE_IN_TRANSACTION_MS = 10_000;
/** After so long without any answer the way to the server is broken: the server itself would have ended the statement. */
const ANSWER_MS = STATEMENT_MS + 5_000;

const INT8 = 20;
const NUMERIC = 1700;

/** A session's settings that keep it from writing. */
export const READS_ONLY = ['default_transaction_read_only=on'];
/**
 * A session's settings that make the planner use an index wherever there is one. It may find it cheaper to read a whole
 * table once for all rows of a batch, and keeps to that plan while the table grows.
 */
export const BY_INDEX = ['enable_seqscan=off', 'enable_hashjoin=off', 'enable_mergejoin=off', 'jit=off'];

/** How every connection is made. */
export function clientSettings(
  { connectionString, schema }: PostgresUrl,
  settings: readonly string[] = [],
): pg.ClientConfig {
  return {
    connectionString,
    application_name: `comanda ${schema}${settings === READS_ONLY ? ' reads' : ''}`,
    options: [`search_path=${schema}`, ...settings].map((setting) => `-c ${setting}`).join(' '),
    connectionTimeoutMillis: CONNECT_MS,
    lock_timeout: LOCK_MS,
    statement_timeout: STATEMENT_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    query_timeout: ANSWER_MS,
    keepAlive: true,
    types: {
      // Counts, and sums of them, are numbers; ours stay far below 2^53.
      getTypeParser: (type: number, format?: 'text' | 'binary') =>
        type === INT8 || type === NUMERIC ? Number : pg.types.getTypeParser(type, format),
    } as pg.CustomTypesConfig,
  };
}
