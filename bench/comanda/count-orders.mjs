import { join } from 'node:path';
import Database from 'better-sqlite3';
import pg from 'pg';

const PLACED = `SELECT count(*) AS n FROM orders WHERE tenant_id = 'default'`;
const CONFIRMED = `${PLACED} AND status = 'CONFIRMED'`;

/** How many orders there are, and how many are confirmed, beside the service that writes them. */
export const countOrders = (directory, postgresUrl) =>
  postgresUrl ? onPostgres(postgresUrl) : onSqlite(join(directory, 'orders.db'));

function onSqlite(file) {
  const database = new Database(file, { readonly: true });
  const [placed, confirmed] = [PLACED, CONFIRMED].map((statement) => database.prepare(statement).pluck());
  return { placed: () => placed.get(), confirmed: () => confirmed.get(), close: () => database.close() };
}

async function onPostgres(connectionString) {
  // Without a tenant, row-level security would show nothing.
  const options = '-c search_path=orders -c comanda.tenants=default';
  const client = new pg.Client({ connectionString, options });
  await client.connect();
  const count = async (statement) => Number((await client.query(statement)).rows[0].n);
  return { placed: () => count(PLACED), confirmed: () => count(CONFIRMED), close: () => client.end() };
}
