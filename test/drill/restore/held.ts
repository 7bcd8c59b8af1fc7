import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { audit, databasesIn } from '@comanda/auditor';
import { orderOf, PRODUCTS } from '../../support/api.js';
import { checkBooks } from '../../support/books.js';
import type { Installation } from '../../support/installation.js';
import { until } from '../../support/until.js';
import { operatorsOf } from './commands.js';

/** What the audit of a restored system says before and after what the broker held is said again. */
export interface HeldReport {
  /** Orders whose command, and whose `order.created`, only the broker had when the backup was made. */
  readonly commands: readonly string[];
  readonly events: readonly string[];
  /** The orders that it names without `republish`: not there, and not handled by products-service. */
  readonly named: { readonly missing: readonly string[]; readonly unhandled: readonly string[] };
  readonly republished: string;
  /** All orders that are there at the end. */
  readonly there: readonly string[];
  /** Orders that were accepted after the backup, and those that it lists afterwards. */
  readonly later: readonly string[];
  readonly listed: readonly string[];
  readonly violations: number;
}

/**
 * A backup is made while the broker holds the only copy of some commands and events, because who takes them is away. Then
 * all is lost and restored.
 *
 * @throws BooksWrong when they are not right after `republish`
 */
export async function heldByTheBroker(installation: Installation, folder: string): Promise<HeldReport> {
  const { platform } = installation;
  const operators = operatorsOf(installation);
  const ended = await placed(installation, 2);
  for (const orderId of ended) await installation.customer.timelineWith(orderId, 'product.stockCommitted');
  await platform.kill('products');
  const events = await placed(installation, 4);
  await until('only the broker has the events of these orders', async () => {
    await installation.refresh();
    return ordersIn(installation, events) === events.length && outboxOf(installation) === 0;
  });
  await platform.kill('orders');
  const commands = await placed(installation, 3);
  // The last ones are written down shortly after their 202.
  await until('the gateway keeps their commands', async () => {
    const kept = "SELECT message_id FROM outbox_kept WHERE type = 'orders.create'";
    return (
      (await installation.look('gateway', kept)).length === ended.length + events.length + commands.length
    );
  });
  const directory = join(folder, 'backup');
  await operators.backUp(directory);
  const later = await placed(installation, 3);

  await installation.loseAll(() => operators.restore(directory));
  const named = { missing: commands.toSorted(), unhandled: events.toSorted() };
  let found = {};
  await until('the audit names what the broker held, and nothing else', async () => {
    found = await namedIn(installation);
    return JSON.stringify(found) === JSON.stringify(named);
  }).catch((error: unknown) => {
    throw new Error(`${String(error)}\n${JSON.stringify({ found, named }, null, 1)}`);
  });
  const republished = await operators.republish();
  const accepted = [...ended, ...events, ...commands];
  await checkBooks(installation, { accepted });
  const { missingOrders: listed, violations } = await operators.audit(
    [...accepted, ...later],
    join(folder, 'accepted'),
  );
  return { commands, events, named, republished, there: accepted, later, listed, violations };
}

const placed = (installation: Installation, count: number): Promise<string[]> =>
  Promise.all(
    Array.from({ length: count }, () =>
      installation.customer.place(orderOf(PRODUCTS.espresso), { 'idempotency-key': randomUUID() }),
    ),
  );

const ordersIn = (installation: Installation, ids: readonly string[]): number =>
  installation
    .rows<{ order_id: string }>('orders', 'SELECT order_id FROM orders')
    .filter(({ order_id }) => ids.includes(order_id)).length;

const outboxOf = (installation: Installation): number =>
  installation.rows<{ n: number }>('orders', 'SELECT count(*) AS n FROM outbox')[0]?.n ?? 0;

/** Which orders each of the two invariants names that are about what was held; any other that names some fails. */
async function namedIn(installation: Installation): Promise<HeldReport['named'] | object> {
  await installation.refresh();
  const { invariants } = await audit({
    databases: databasesIn(join(installation.directory, 'data')),
    atRest: true,
  });
  const wrong = new Map(
    invariants
      .filter(({ count }) => count > 0)
      .map(({ id, violations }) => [id, violations.map(({ ids }) => String(ids.orderId)).toSorted()]),
  );
  const missing = wrong.get('a-202-means-exactly-one-order') ?? [];
  const unhandled = wrong.get('every-event-is-handled') ?? [];
  // The same orders, by what follows.
  const alike = JSON.stringify(wrong.get('every-order-ends')) === JSON.stringify(unhandled);
  return wrong.size === 3 && alike ? { missing, unhandled } : Object.fromEntries(wrong);
}
