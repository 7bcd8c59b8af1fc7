/** What the stores ask of a PostgreSQL client: a statement with `$1`, `$2` ..., as `pg` and others run it. */
export interface Postgres {
  query(statement: string, values: unknown[]): Promise<{ readonly rows: readonly unknown[] }>;
}
