import type { OutboxRow } from './outbox-row.js';
import type { Old } from './retention.js';
import type { Parameter, Statement } from './statement.js';
import { CLAIM_WORK } from './statements/claim-work.sql.js';
import { CLAIM_INBOX, FORGET_INBOX, REMOVE_OLD_INBOX } from './statements/inbox.sql.js';
import { ADD_TO_OUTBOX, REMOVE_FROM_OUTBOX } from './statements/outbox.sql.js';
import { KEEP_CONFIRMED } from './statements/outbox-kept.sql.js';
import {
  GIVE_BACK_WORK,
  HELD_LEASES,
  NEXT_WORK_DUE_AT,
  POSTPONE_WORK,
  REMOVE_WORK,
  WORK_LINES,
} from './statements/work.sql.js';
import type { MatchingRows, RowsByKeys, Sql, StoredRow, Transaction } from './store.js';
import type { Row, Table } from './table.js';
import { statementsOf } from './table-statements.js';
import {
  type Lease,
  type WorkClaim,
  type WorkKey,
  type WorkLine,
  type WorkLines,
  type WorkRow,
  workTable,
} from './work-row.js';

type Write = (statement: Statement, ...parameters: readonly Parameter[]) => Promise<unknown>;

/**
 * The operations of a transaction as statements, on either database.
 *
 * @param write runs a statement whose answer nobody needs. It may resolve before that is done; the transaction fails
 *   if it fails.
 * @param keepConfirmed whether what leaves the outbox stays in `outbox_kept`
 */
export class SqlTransaction implements Transaction {
  constructor(
    readonly run: Sql['run'],
    private readonly write: Write = run,
    private readonly keepConfirmed = false,
  ) {}

  async claimInbox(messageIds: readonly string[], now: string): Promise<Set<string>> {
    if (messageIds.length === 0) return new Set();
    // All instances enter theirs in the same order, or they would wait for each other.
    const rows = await this.run(CLAIM_INBOX, messageIds.toSorted(), now);
    return new Set(rows.map((row) => String(row.message_id)));
  }

  async forgetInbox(messageIds: readonly string[]): Promise<void> {
    if (messageIds.length > 0) await this.write(FORGET_INBOX, messageIds);
  }

  async removeOldInbox({ before, limit }: Old): Promise<number> {
    return (await this.run(REMOVE_OLD_INBOX, before, limit)).length;
  }

  loadRows<R extends Row>({ table, keys, lock }: RowsByKeys<R>): Promise<R[]> {
    return this.loadMatching({ table, columns: table.key, values: keys, lock });
  }

  async loadMatching<R extends Row>({ table, columns, values, lock }: MatchingRows<R>): Promise<R[]> {
    if (values.length === 0) return [];
    const rows = await this.run(statementsOf(table).load(columns, lock), values);
    return table.decodeAll(rows);
  }

  async saveRows(table: Table<Row>, rows: readonly StoredRow[]): Promise<void> {
    if (rows.length > 0) await this.write(statementsOf(table).save, rows);
  }

  async updateRows(table: Table<Row>, columns: readonly string[], rows: readonly StoredRow[]): Promise<void> {
    if (rows.length > 0) await this.write(statementsOf(table).update(columns), rows);
  }

  async insertRows(table: Table<Row>, rows: readonly StoredRow[]): Promise<void> {
    if (rows.length > 0) await this.write(statementsOf(table).insert, rows);
  }

  async addToOutbox(rows: readonly OutboxRow[], now: string): Promise<void> {
    if (rows.length === 0) return;
    await this.write(
      ADD_TO_OUTBOX,
      rows.map(({ messageId, type, body }) => [messageId, type, body]),
      now,
    );
  }

  async removeFromOutbox(messageIds: readonly string[]): Promise<void> {
    if (messageIds.length === 0) return;
    if (this.keepConfirmed) await this.write(KEEP_CONFIRMED, messageIds);
    await this.write(REMOVE_FROM_OUTBOX, messageIds);
  }

  async putWork(rows: readonly WorkRow[]): Promise<void> {
    if (rows.length === 0) return;
    const inOrder = rows.toSorted((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
    await this.write(statementsOf(workTable).save, workTable.encodeAll(inOrder));
  }

  async removeWork(keys: readonly WorkKey[]): Promise<void> {
    if (keys.length === 0) return;
    await this.write(
      REMOVE_WORK,
      keys.map(({ kind, id }) => [kind, id]),
    );
  }

  async heldLeases(leases: readonly Lease[]): Promise<Lease[]> {
    if (leases.length === 0) return [];
    const rows = await this.run(HELD_LEASES, leases.map(leaseList));
    return rows.map(({ kind, id, fence }) => ({ kind: String(kind), id: String(id), fence: Number(fence) }));
  }

  async claimWork({ kind, key, now, until, limit, fence }: WorkClaim): Promise<WorkRow[]> {
    const rows = await this.run(CLAIM_WORK, kind, now, until, limit, fence, key);
    return workTable.decodeAll(rows);
  }

  async giveBackWork(leases: readonly Lease[], now: string): Promise<void> {
    if (leases.length > 0) await this.write(GIVE_BACK_WORK, leases.map(leaseList), now);
  }

  async postponeWork({ kind, id, fence }: Lease, dueAt: string): Promise<void> {
    await this.write(POSTPONE_WORK, kind, id, fence, dueAt);
  }

  async nextWorkDueAt(kind: string, key: string): Promise<string | undefined> {
    const [row] = await this.run(NEXT_WORK_DUE_AT, kind, key);
    return typeof row?.dueAt === 'string' ? row.dueAt : undefined;
  }

  async workLines({ kind, from, limit }: WorkLines): Promise<WorkLine[]> {
    const rows = await this.run(WORK_LINES, kind, from, limit);
    return rows.map(({ key, dueAt }) => ({ key: String(key), dueAt: String(dueAt) }));
  }
}

const leaseList = ({ kind, id, fence }: Lease) => [kind, id, fence];
const keyOf = ({ kind, id }: WorkKey): string => `${kind}\u0000${id}`;
