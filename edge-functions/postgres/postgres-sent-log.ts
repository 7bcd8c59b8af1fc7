import type { SentLog } from '../notifier/notifier.js';
import type { Postgres } from './postgres.js';

/**
 * Records in the table `notifications` of schema.sql which recipient was notified of what. The database's clock says when
 * a lease ends, so that all copies of the function agree.
 */
export function createPostgresSentLog(postgres: Postgres): SentLog {
  return {
    begin: async (key, leaseMs) => {
      // One statement decides who sends: it inserts the key, or takes it over when its lease has expired.
      const begun = await postgres.query(
        `INSERT INTO notifications (key, lease_until) VALUES ($1, now() + $2 * interval '1 millisecond')
         ON CONFLICT (key) DO UPDATE SET lease_until = excluded.lease_until
           WHERE NOT notifications.done AND notifications.lease_until <= now()
         RETURNING key`,
        [key, leaseMs],
      );
      if (begun.rows.length === 1) return 'begun';
      const done = await postgres.query('SELECT 1 FROM notifications WHERE key = $1 AND done', [key]);
      return done.rows.length === 1 ? 'done' : 'busy';
    },
    finish: async (key) => {
      await postgres.query('UPDATE notifications SET done = true WHERE key = $1', [key]);
    },
    abandon: async (key) => {
      await postgres.query('DELETE FROM notifications WHERE key = $1 AND NOT done', [key]);
    },
  };
}
