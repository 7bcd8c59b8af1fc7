import type { Reader, Sql } from './store.js';
import type { Row, RowByKey } from './table.js';
import { statementsOf } from './table-statements.js';

/** Reads by statements, on either database. */
export class SqlReader implements Reader {
  constructor(readonly read: Sql['run']) {}

  async find<R extends Row>({ table, key }: RowByKey<R>): Promise<R | undefined> {
    const [row] = await this.read(statementsOf(table).find, ...key);
    return row && table.decode(row);
  }
}
