/** A service's database: its tables, transactions and migrations, on SQLite or on PostgreSQL. */
export { type Database, EVERY_TENANT, type RawRow, type Reader, type Sql, type Tenants } from './database.js';
export { MESSAGING_MIGRATIONS } from './messaging-tables.js';
export type { Migrations } from './migrations.js';
export { openDatabase, problemOfDatabaseUrl } from './open.js';
export { isOutage } from './outage.js';
export { postgresSnapshot } from './postgres-snapshot.js';
export type { Old, Retention } from './retention.js';
export { loadAllStatement, selectList, snake, statementsOf } from './statements.js';
export {
  type All,
  type Append,
  columnOf,
  flag,
  json,
  keyText,
  type Needs,
  type One,
  type Put,
  type Row,
  type RowOf,
  type RowsOf,
  type Shape,
  Table,
  type Translated,
  table,
} from './table.js';
