import pg from 'pg';
import { SqlReader } from '../sql-reader.js';
import type { Parameter, Statement } from '../statement.js';
import type { RawRow, Reader, Tenants } from '../store.js';
import { ConnectionLost, outcomeOf, queryOf, send } from './pipeline.js';
import { tenantsSetting } from './row-level-security.js';

/** Connections that only read, opened when they are needed. */
export class ReadingPool {
  readonly #pool: pg.Pool;
  /** Whose rows a connection shows at the moment. */
  readonly #shown = new WeakMap<pg.PoolClient, string>();

  constructor(settings: pg.PoolConfig) {
    this.#pool = poolOf(settings);
  }

  reader(tenants: Tenants): Reader {
    return new SqlReader((statement, ...parameters) => this.#read(tenants, statement, parameters));
  }

  end(): Promise<void> {
    return this.#pool.end();
  }

  async #read(tenants: Tenants, statement: Statement, parameters: readonly Parameter[]): Promise<RawRow[]> {
    const client = await connected(this.#pool);
    let usable = true;
    try {
      const shown = literal(tenants);
      if (this.#shown.get(client) !== shown) {
        await send(client, { text: `SET comanda.tenants = ${shown}` });
        this.#shown.set(client, shown);
      }
      return await send(client, queryOf(statement, parameters));
    } catch (error) {
      usable = !(error instanceof ConnectionLost);
      throw error;
    } finally {
      client.release(!usable);
    }
  }
}

export const literal = (tenants: Tenants): string => pg.escapeLiteral(tenantsSetting(tenants));

export function poolOf(settings: pg.PoolConfig): pg.Pool {
  const pool = new pg.Pool(settings);
  // A connection that breaks while nobody uses it is replaced by the pool; one that is in use fails its statement.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

export async function connected(pool: pg.Pool): Promise<pg.PoolClient> {
  try {
    return await pool.connect();
  } catch (error) {
    throw outcomeOf(error);
  }
}
