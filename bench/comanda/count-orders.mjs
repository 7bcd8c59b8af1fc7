import { join } from 'node:path';
import Database from 'better-sqlite3';
import pg from 'pg';

/**
 * How many orders were placed from now on, and how many of them are confirmed, beside the service that writes them. It
 * reads them alone, by an index, however many there are from before.
 */
export function countOrders(directory, postgresUrl) {
  const placed = `SELECT count(*) AS n FROM orders WHERE tenant_id = 'default' AND created_at >= '${new Date().toISOString()}'`;
  const statements = [placed, `${placed} AND status = 'CONFIRMED'`];
  return postgresUrl
    ? onPostgres(postgresUrl, statements)
    : onSqlite(join(directory, 'orders.db'), statements);
}

function onSqlite(file, statements) {
  const database = new Database(file, { readonly: true });
  const [placed, confirmed] = statements.map((statement) => database.prepare(statement).pluck());
  return { placed: () => placed.get(), confirmed: () => confirmed.get(), close: () => database.close() };
}

async function onPostgres(connectionString, [placed, confirmed]) {
  // Without a tenant, row-level security would show nothing.
  const options = '-c search_path=orders -c comanda.tenants=default';
  const client = new pg.Client({ connectionString, options });
  await client.connect();
  const count = async (statement) => Number((await client.query(statement)).rows[0].n);
  return { placed: () => count(placed), confirmed: () => count(confirmed), close: () => client.end() };
}
