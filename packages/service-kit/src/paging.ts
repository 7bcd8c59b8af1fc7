import { refuse } from '@comanda/contracts';
import { utf8Of } from '@comanda/kit';
import { RpcException } from '@nestjs/microservices';
import { z } from 'zod';

/** What every database can compare with. */
const Part = z.string().refine((text) => text.isWellFormed() && !text.includes('\0'));
const Position = z.tuple([Part, Part]);

/**
 * What an opaque cursor stands for: the last row seen instead of a number, so that rows added meanwhile neither repeat nor
 * hide others. A statement continues behind it: `(name, id) > ($2, $3)`. One that is not ours is refused
 * with 400.
 */
export function cursorParameters(cursor: string | undefined): {
  cursorFirst: string | null;
  cursorId: string | null;
} {
  if (cursor === undefined) return { cursorFirst: null, cursorId: null };
  try {
    const [cursorFirst, cursorId] = Position.parse(
      JSON.parse(utf8Of(Buffer.from(cursor, 'base64url')) ?? ''),
    );
    return { cursorFirst, cursorId };
  } catch {
    throw invalidCursor();
  }
}

/** The position that a cursor stands for where rows are counted; `null`: from the beginning. */
export function countCursor(cursor: string | undefined): number | null {
  const { cursorFirst } = cursorParameters(cursor);
  if (cursorFirst === null) return null;
  const count = Number(cursorFirst);
  if (!Number.isSafeInteger(count)) throw invalidCursor();
  return count;
}

/** What a cursor is refused with that we have never handed out. */
export const invalidCursor = (): RpcException =>
  new RpcException(
    refuse(400, 'INVALID_CURSOR', 'cursor: pass on the nextCursor of the page before, unchanged'),
  );

export interface Paging<Row, Item> {
  readonly limit: number;
  /** Where a row stands in the order of the list; the second value decides among rows with the same first one. */
  readonly position: (row: Row) => readonly [string, string];
  /** The row as it is shown. */
  readonly view: (row: Row) => Item;
}

/** One page of rows that were read with LIMIT `limit` + 1, and where the next one begins. */
export function pageOf<Row, Item>(
  rows: readonly Row[],
  { limit, position, view }: Paging<Row, Item>,
): { items: Item[]; nextCursor: string | null } {
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const more = rows.length > limit && last !== undefined;
  const nextCursor = more ? Buffer.from(JSON.stringify(position(last))).toString('base64url') : null;
  return { items: page.map(view), nextCursor };
}
