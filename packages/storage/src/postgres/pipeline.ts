import { messageOf } from '@comanda/kit';
import type pg from 'pg';
import type { Parameter, Statement } from '../statement.js';
import type { RawRow } from '../store.js';
import { storable } from './storable.js';

/** The server did not answer, or not any more: there is no error code of its own. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
  readonly code = 'ECONNLOST';

  constructor(cause: unknown) {
    super(messageOf(cause), { cause });
  }
}

/**
 * The statements of one transaction on one connection, which must be in pipeline mode. The server takes them in their
 * order, so nobody waits for the one before: a batch costs a round trip for each answer that it needs, and all that it
 * writes goes with its COMMIT. After a statement that fails, the server refuses all others and makes a ROLLBACK of the
 * COMMIT; the first failure is the one that is told.
 */
export class Pipeline {
  #failure: { readonly error: unknown } | undefined;
  #sent: Promise<unknown> = Promise.resolve();

  constructor(private readonly client: pg.PoolClient) {}

  /** Sends a statement whose answer nobody needs; if it fails, whatever is asked later fails. */
  send(query: pg.QueryConfig): void {
    this.#sent = send(this.client, query).catch((error: unknown) => {
      this.#failure ??= { error };
    });
  }

  /** Sends a statement and waits for its rows. */
  async ask(query: pg.QueryConfig): Promise<RawRow[]> {
    const answer = send(this.client, query);
    this.#sent = answer.catch(() => undefined);
    try {
      return await answer;
    } catch (error) {
      this.#failure ??= { error };
      throw this.#failure.error;
    }
  }

  /** Resolves when all that was sent is done. @throws the first failure */
  async done(): Promise<void> {
    await this.#sent;
    if (this.#failure) throw this.#failure.error;
  }
}

export const queryOf = ({ postgres, name }: Statement, parameters: readonly Parameter[]): pg.QueryConfig => ({
  text: postgres,
  name,
  values: parameters.map(storable),
});

export async function send(client: pg.PoolClient, query: pg.QueryConfig): Promise<RawRow[]> {
  try {
    return (await client.query<RawRow>(query)).rows;
  } catch (error) {
    throw outcomeOf(error);
  }
}

/** What the server said has a code, and so has what the network said; all else that can fail is the connection. */
export const outcomeOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error
    : new ConnectionLost(error);
