import { accept, type DataOf, type DeadLetterRequests, type Message, type Reply } from '@comanda/contracts';
import { type Database, selectList } from '@comanda/storage';
import { letterView } from './letter-view.js';
import { deadLetters } from './table.js';

/** Bodies that are longer are left out of lists, and of the letter itself. */
const LISTED_BODY_BYTES = 8 * 1024;
const SHOWN_BODY_BYTES = 1024 * 1024;
/** Come before and after each letter: a message id is printable ASCII, and a time begins with a digit. */
const FIRST = { diedAt: '', messageId: '' };
const LAST = { diedAt: '~', messageId: '~' };

type ListLetters = DeadLetterRequests['list'];

export interface ListOptions {
  readonly queue: string;
  readonly database: Database;
  readonly replayDays: number;
  readonly clock: () => Date;
}

/** Answers with a page of the letters that are dead. */
export async function listLetters(
  { queue, database, replayDays, clock }: ListOptions,
  { tenantid, data }: Message<DataOf<ListLetters>>,
): Promise<Reply> {
  const { everyTenant, messageId, type, order, after, limit } = data;
  const statement = page({
    everyTenant,
    oneMessage: messageId !== undefined,
    oneType: type !== undefined,
    order,
  });
  const start = order === 'newest-first' ? LAST : FIRST;
  const reader = everyTenant ? database.acrossTenants : database.of(tenantid);
  const rows = await reader.read(statement, {
    tenant: tenantid,
    message: messageId ?? null,
    type: type ?? null,
    bodyLimit: messageId === undefined ? LISTED_BODY_BYTES : SHOWN_BODY_BYTES,
    ...(after ?? start),
    limit,
  });
  const rules = { now: clock(), replayDays };
  return accept({ items: rows.map((row) => letterView(queue, deadLetters.decode(row), rules)) });
}

interface PageShape {
  readonly everyTenant: boolean;
  readonly oneMessage: boolean;
  readonly oneType: boolean;
  readonly order: 'newest-first' | 'oldest-first';
}

const COLUMNS = selectList(
  deadLetters.columns.filter((column) => column !== 'bodyBase64'),
  'd',
);

/** Only the conditions that hold stand in it, so that each page is read by the index that is made for it. */
function page({ everyTenant, oneMessage, oneType, order }: PageShape): string {
  const [than, direction] = order === 'newest-first' ? ['<', 'DESC'] : ['>', 'ASC'];
  const conditions = [
    ...(everyTenant ? [] : [`d.tenant_id = ?1 ->> 'tenant'`]),
    ...(oneMessage ? [`d.message_id = ?1 ->> 'message'`] : []),
    ...(oneType ? [`d.type = ?1 ->> 'type'`] : []),
    'd.left_at IS NULL',
    `(d.died_at, d.message_id) ${than} (?1 ->> 'diedAt', ?1 ->> 'messageId')`,
  ];
  return (
    `SELECT ${COLUMNS}, CASE WHEN d.size <= CAST(?1 ->> 'bodyLimit' AS BIGINT) THEN d.body_base64 ELSE '' END AS "bodyBase64"` +
    ` FROM dead_letters d WHERE ${conditions.join(' AND ')}` +
    ` ORDER BY d.died_at ${direction}, d.message_id ${direction} LIMIT CAST(?1 ->> 'limit' AS BIGINT)`
  );
}
