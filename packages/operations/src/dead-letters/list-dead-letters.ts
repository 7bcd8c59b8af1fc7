import { accept, type DataOf, type DeadLetterRequests, type Message, type Reply } from '@comanda/contracts';
import { type Database, type Statement, selectList, statement } from '@comanda/storage';
import { deadLetterView } from './dead-letter-view.js';
import { deadLetters } from './table.js';

/** Bodies that are longer are left out of lists, and of the dead letter itself. */
const LISTED_BODY_BYTES = 8 * 1024;
const SHOWN_BODY_BYTES = 1024 * 1024;
/** Come before and after each dead letter: a message id is printable ASCII, and a time begins with a digit. */
const FIRST = { diedAt: '', messageId: '' };
const LAST = { diedAt: '~', messageId: '~' };

type ListDeadLetters = DeadLetterRequests['list'];

export interface ListOptions {
  readonly queue: string;
  readonly database: Database;
  readonly replayDays: number;
  readonly clock: () => Date;
}

/** Answers with a page of the open dead letters. */
export async function listDeadLetters(
  { queue, database, replayDays, clock }: ListOptions,
  { tenantid, data }: Message<DataOf<ListDeadLetters>>,
): Promise<Reply> {
  const { everyTenant, messageId, type, order, after, limit } = data;
  const { diedAt, messageId: afterId } = after ?? (order === 'newest-first' ? LAST : FIRST);
  const bodyLimit = messageId === undefined ? LISTED_BODY_BYTES : SHOWN_BODY_BYTES;
  const conditions = { tenant_id: everyTenant ? undefined : tenantid, message_id: messageId, type };
  const wanted = Object.entries(conditions).flatMap(([column, value]) =>
    value === undefined ? [] : [{ column, value }],
  );
  const page = pageBy(
    wanted.map(({ column }) => column),
    order,
  );
  const reader = everyTenant ? database.acrossTenants : database.of(tenantid);
  const rows = await reader.read(
    page,
    bodyLimit,
    diedAt,
    afterId,
    limit,
    ...wanted.map(({ value }) => value),
  );
  const rules = { now: clock(), replayDays };
  return accept({ items: rows.map((row) => deadLetterView(queue, deadLetters.decode(row), rules)) });
}

const COLUMNS = selectList(
  deadLetters.columns.filter((column) => column !== 'bodyBase64'),
  'd',
);
const pages = new Map<string, Statement>();

/**
 * A page of the dead letters that have these values in these columns. Only the conditions that are asked for stand in
 * it, so that each page is read by the index that is made for it.
 *
 * `$1` the longest body that is read, `$2` and `$3` the position after which it begins, `$4` at most so many, `$5` ...
 * the values.
 */
function pageBy(columns: readonly string[], order: 'newest-first' | 'oldest-first'): Statement {
  const name = [order, ...columns].join();
  const known = pages.get(name);
  if (known) return known;
  const [than, direction] = order === 'newest-first' ? ['<', 'DESC'] : ['>', 'ASC'];
  const values = columns.map((column, at) => `d.${column} = $${at + 5} AND `).join('');
  const page = statement(
    `SELECT ${COLUMNS}, CASE WHEN d.size <= $1 THEN d.body_base64 ELSE '' END AS "bodyBase64" FROM dead_letters d
     WHERE ${values}d.left_at IS NULL AND (d.died_at, d.message_id) ${than} ($2, $3)
     ORDER BY d.died_at ${direction}, d.message_id ${direction} LIMIT $4`,
  );
  pages.set(name, page);
  return page;
}
