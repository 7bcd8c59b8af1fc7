import type { Database } from 'better-sqlite3';
import type { EventStore, ReceivedEvent } from '../logger/logger.js';

export interface LoggedEvent extends ReceivedEvent {
  /** RFC 3339, UTC. */
  readonly receivedAt: string;
}

export interface SqliteEventStore extends EventStore {
  /** The newest events first. */
  list(filter: { readonly type?: string; readonly limit: number }): LoggedEvent[];
}

type Row = Omit<LoggedEvent, 'data' | 'subject'> & { readonly data: string; readonly subject: string | null };

/** Stores the logger's events in a SQLite file: for the demo, and as a model for a PostgreSQL table. */
export function createSqliteEventStore(database: Database): SqliteEventStore {
  database.exec(`CREATE TABLE IF NOT EXISTS received_events (
    id TEXT PRIMARY KEY,
    type TEXT NOT NULL,
    timestamp TEXT NOT NULL,
    tenant_id TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    data TEXT NOT NULL,
    received_at TEXT NOT NULL,
    subject TEXT
  )`);
  const hasSubject = database.prepare(
    "SELECT 1 FROM pragma_table_info('received_events') WHERE name = 'subject'",
  );
  // A file from before subjects were told.
  if (hasSubject.get() === undefined) database.exec('ALTER TABLE received_events ADD COLUMN subject TEXT');
  const insert = database.prepare<[string, string, string, string, number, string, string, string | null]>(
    'INSERT INTO received_events VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING',
  );
  const select = database.prepare<[string | null, number], Row>(
    `SELECT id, type, timestamp, tenant_id AS tenantId, subject, sequence, data, received_at AS receivedAt
     FROM received_events WHERE type = coalesce(?, type) ORDER BY received_at DESC, id DESC LIMIT ?`,
  );
  return {
    insert: async (event, receivedAt) => {
      const { id, type, timestamp, tenantId, subject = null, sequence } = event;
      const data = JSON.stringify(event.data ?? null);
      const { changes } = insert.run(
        id,
        type,
        timestamp,
        tenantId,
        sequence,
        data,
        receivedAt.toISOString(),
        subject,
      );
      return changes === 1 ? 'stored' : 'duplicate';
    },
    list: ({ type, limit }) =>
      select.all(type ?? null, limit).map(({ subject, data, ...row }) => ({
        ...row,
        ...(subject !== null && { subject }),
        data: JSON.parse(data),
      })),
  };
}
