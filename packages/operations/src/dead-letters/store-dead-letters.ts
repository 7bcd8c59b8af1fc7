import type { Transaction } from '@comanda/storage';
import { type DeadLetterRow, deadLetters } from './table.js';

/**
 * Writes dead letters in one transaction. A dead letter that is there already was delivered again by the broker:
 * nothing changes, also when it was replayed or discarded meanwhile. A message that is dead again replaces what is
 * known of its former death, because its history came along with it.
 */
export async function storeDeadLetters(
  transaction: Transaction,
  arrived: readonly DeadLetterRow[],
): Promise<void> {
  // Several instances lock rows in the same order, or they would wait for each other.
  const keys = [...new Map(arrived.map((deadLetter) => [keyOf(deadLetter), deadLetter])).entries()]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([, { tenantId, messageId }]) => [tenantId, messageId]);
  // The table's own schema has parsed them.
  const known = (await transaction.loadRows({ table: deadLetters, keys, lock: true })) as DeadLetterRow[];
  const rows = new Map(known.map((row) => [keyOf(row), row]));
  const changed = new Set<string>();
  for (const deadLetter of arrived) {
    const key = keyOf(deadLetter);
    const before = rows.get(key);
    if (before?.death === deadLetter.death) continue;
    rows.set(key, before?.leftAt === null ? { ...deadLetter, copies: before.copies + 1 } : deadLetter);
    changed.add(key);
  }
  const written = [...changed].sort().flatMap((key) => rows.get(key) ?? []);
  await transaction.saveRows(deadLetters, deadLetters.encodeAll(written));
}

const keyOf = ({ tenantId, messageId }: DeadLetterRow): string => `${tenantId}\u0000${messageId}`;
