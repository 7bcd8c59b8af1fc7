import type { Database } from 'better-sqlite3';
import type { SentLog } from '../notifier/notifier.js';

/**
 * Records in a SQLite file which recipient was notified of what: for the demo, and as a model for a PostgreSQL table.
 */
export function createSqliteSentLog(database: Database, now: () => number = Date.now): SentLog {
  database.exec(`CREATE TABLE IF NOT EXISTS notifications (
    key TEXT PRIMARY KEY,
    lease_until INTEGER NOT NULL,
    done INTEGER NOT NULL DEFAULT 0
  )`);
  // One statement decides who sends: it inserts the key, or takes it over when its lease has expired.
  const begin = database.prepare<[string, number, number]>(
    `INSERT INTO notifications (key, lease_until) VALUES (?, ?)
     ON CONFLICT (key) DO UPDATE SET lease_until = excluded.lease_until WHERE done = 0 AND lease_until <= ?`,
  );
  const isDone = database.prepare<[string], { readonly done: number }>(
    'SELECT done FROM notifications WHERE key = ?',
  );
  const finish = database.prepare<[string]>('UPDATE notifications SET done = 1 WHERE key = ?');
  const abandon = database.prepare<[string]>('DELETE FROM notifications WHERE key = ? AND done = 0');
  return {
    begin: async (key, leaseMs) => {
      if (begin.run(key, now() + leaseMs, now()).changes === 1) return 'begun';
      return isDone.get(key)?.done === 1 ? 'done' : 'busy';
    },
    finish: async (key) => {
      finish.run(key);
    },
    abandon: async (key) => {
      abandon.run(key);
    },
  };
}
