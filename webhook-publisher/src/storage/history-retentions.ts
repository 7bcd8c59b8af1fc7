import type { Retention } from '@comanda/storage';

/**
 * How long it is kept what was sent to whom. First deliveries go, each with its attempts: those that have ended and of
 * which nothing was tried lately, by hand or not. Then events of which no delivery is left, and so no replay, either.
 */
export const historyRetentions = (keptDays: number): readonly Retention[] => [
  {
    what: 'deliveries',
    keptDays,
    async remove(sql, old) {
      const ended = await sql.run(
        `SELECT d.tenant_id AS tenant, d.delivery_id AS delivery FROM deliveries d
         WHERE d.created_at < ?1 ->> 'before' AND d.status <> 'PENDING' AND NOT EXISTS (
           SELECT 1 FROM attempts a
           WHERE a.tenant_id = d.tenant_id AND a.delivery_id = d.delivery_id AND a.at >= ?1 ->> 'before')
         ORDER BY d.created_at LIMIT CAST(?1 ->> 'limit' AS BIGINT)`,
        old,
      );
      if (ended.length === 0) return 0;
      const keys = ended.map(({ tenant, delivery }) => [tenant, delivery]);
      for (const table of ['attempts', 'deliveries'])
        await sql.run(
          `DELETE FROM ${table} WHERE (tenant_id, delivery_id) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?1))`,
          keys,
        );
      return ended.length;
    },
  },
  {
    what: 'events',
    keptDays,
    async remove(sql, old) {
      const removed = await sql.run(
        `DELETE FROM events WHERE (tenant_id, event_id) IN (
           SELECT e.tenant_id, e.event_id FROM events e
           WHERE e.created_at < ?1 ->> 'before' AND NOT EXISTS (
             SELECT 1 FROM deliveries d WHERE d.tenant_id = e.tenant_id AND d.event_id = e.event_id)
           ORDER BY e.created_at LIMIT CAST(?1 ->> 'limit' AS BIGINT))
         RETURNING 1`,
        old,
      );
      return removed.length;
    },
  },
];
