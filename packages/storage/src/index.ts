/** A service's database: its tables, transactions and migrations, on SQLite or on PostgreSQL. */
export { selectList, snake } from './columns.js';
export { keepSent, keptMessagesRetention, sayAgain } from './kept-messages.js';
export { MESSAGING_MIGRATIONS } from './messaging-tables.js';
export {
  type Contraction,
  createContraction,
  createMigration,
  type LookedAt,
  type Migration,
  type Migrations,
  type Rows,
  type Words,
} from './migration.js';
export { openDatabase, problemOfDatabaseUrl } from './open.js';
export { isOutage } from './outage.js';
export { type OutboxPage, OutboxRow } from './outbox-row.js';
export { emptySchema, type ProgramAccess, programAccess, withSnapshot } from './postgres/for-programs.js';
export { postgresSnapshot } from './postgres/snapshot.js';
export { Standby } from './postgres/standby.js';
export { isBefore, RELEASE } from './release.js';
export type { Old, Retention } from './retention.js';
export { SqlTransaction } from './sql-transaction.js';
export { copySqliteFiles, type FileCopy } from './sqlite/copy-files.js';
export { type Parameter, type Statement, statement } from './statement.js';
export {
  type Database,
  type DatabaseOptions,
  EVERY_TENANT,
  type MatchingRows,
  type RawRow,
  type Reader,
  type RowsByKeys,
  type Sql,
  type Store,
  type StoredRow,
  type Tenants,
  type Transaction,
} from './store.js';
export {
  type Append,
  columnOf,
  keyText,
  type Needs,
  type Put,
  type Row,
  type RowByKey,
  type RowOf,
  type RowsByValue,
  type RowsOf,
  type Shape,
  Table,
  table,
} from './table.js';
export {
  Cause,
  type Lease,
  type WorkClaim,
  type WorkKey,
  type WorkLine,
  type WorkLines,
  type WorkRow,
  workTable,
} from './work-row.js';
