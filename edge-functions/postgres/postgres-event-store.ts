import type { EventStore } from '../logger/logger.js';
import type { Postgres } from './postgres.js';

/** Stores the logger's events in the table `received_events` of schema.sql. */
export function createPostgresEventStore(postgres: Postgres): EventStore {
  return {
    insert: async ({ id, type, timestamp, tenantId, subject, sequence, data }, receivedAt) => {
      const { rows } = await postgres.query(
        `INSERT INTO received_events (id, type, timestamp, tenant_id, subject, sequence, data, received_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO NOTHING RETURNING id`,
        [
          id,
          type,
          timestamp,
          tenantId,
          subject ?? null,
          sequence,
          JSON.stringify(data ?? null),
          receivedAt.toISOString(),
        ],
      );
      return rows.length === 1 ? 'stored' : 'duplicate';
    },
  };
}
