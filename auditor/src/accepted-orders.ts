import { readFileSync } from 'node:fs';
import { Id } from '@comanda/contracts';
import { messageOf } from '@comanda/kit';
import { z } from 'zod';
import type { AuditSource } from './audit-source.js';

/** The list of orders can't be read; one line. */
export class UnreadableList extends Error {
  override readonly name = 'UnreadableList';
}

const Orders = z.array(z.object({ orderId: z.string() }));

/**
 * The ids in a file, one a line: of the orders that clients were answered 202.
 *
 * @throws UnreadableList
 */
export function acceptedOrdersIn(file: string): string[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new UnreadableList(`${file} can't be read: ${messageOf(error)}`);
  }
  return text.split('\n').flatMap((line, at) => {
    if (line.trim() === '') return [];
    const id = Id.safeParse(line.trim());
    if (!id.success) throw new UnreadableList(`${file}, line ${at + 1}: this is no id of an order`);
    return [id.data];
  });
}

/** Those of these orders that are not there, each once. */
export async function missingOrders(source: AuditSource, accepted: readonly string[]): Promise<string[]> {
  const rows = await source.all(
    `SELECT DISTINCT value AS orderId FROM json_each(@accepted)
     WHERE value NOT IN (SELECT order_id FROM orders.orders) ORDER BY value`,
    { accepted: JSON.stringify(accepted) },
  );
  return Orders.parse(rows).map(({ orderId }) => orderId);
}
