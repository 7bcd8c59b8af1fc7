/**
 * One hop of the ceiling: a batch off the queue, one SQLite transaction (inbox, state, outbox), a confirmed
 * publish to the next hop, one ack. `node stage.mjs <name> <queue> [next queue]`; the last stage has no next one
 * and tells the driver which orders arrived.
 */
import { join } from 'node:path';
import amqp from 'amqplib';
import Database from 'better-sqlite3';
import { EXCHANGE, QUEUE_OPTIONS } from './topology.mjs';

const PREFETCH = 1000;
const [, , name, queue, next] = process.argv;

const database = new Database(join(process.env.DATA_DIRECTORY, `${name}.db`));
database.pragma('journal_mode = WAL');
database.pragma('synchronous = FULL');
database.exec(`
  CREATE TABLE inbox (id TEXT PRIMARY KEY);
  CREATE TABLE state (id TEXT PRIMARY KEY, body TEXT, stage TEXT);
  CREATE TABLE outbox (id INTEGER PRIMARY KEY, routing_key TEXT, body TEXT);
`);
const remember = database.prepare('INSERT OR IGNORE INTO inbox VALUES (?)');
const store = database.prepare(
  'INSERT INTO state VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET stage = excluded.stage',
);
const append = database.prepare('INSERT INTO outbox (routing_key, body) VALUES (?, ?)');
const clearUpTo = database.prepare('DELETE FROM outbox WHERE id <= ?');

const connection = await amqp.connect(process.env.RABBITMQ_URL, { noDelay: true });
const output = await connection.createConfirmChannel();
const input = await connection.createChannel();
await output.assertExchange(EXCHANGE, 'topic', { durable: true });
await input.assertQueue(queue, QUEUE_OPTIONS);
await input.bindQueue(queue, EXCHANGE, queue);
await input.prefetch(PREFETCH);

let waiting = [];
let busy = false;

await input.consume(queue, (delivery) => {
  waiting.push(delivery);
  // After the deliveries that came in the same read: that is what a batch grows from.
  setImmediate(drain);
});
process.send({});
// The driver is gone, however it went.
process.once('disconnect', () => process.exit());

async function drain() {
  if (busy) return;
  busy = true;
  while (waiting.length > 0) {
    const batch = waiting;
    waiting = [];
    await handle(batch);
  }
  busy = false;
}

async function handle(batch) {
  const { arrived, outgoing, lastRow } = commit(batch);
  for (const body of outgoing) output.publish(EXCHANGE, next, Buffer.from(body), { persistent: true });
  if (outgoing.length > 0) {
    await output.waitForConfirms();
    clearUpTo.run(lastRow);
  }
  input.ack(batch.at(-1), true);
  if (next === undefined) process.send({ arrived });
}

function commit(batch) {
  const arrived = [];
  const outgoing = [];
  let lastRow;
  database.exec('BEGIN IMMEDIATE');
  for (const delivery of batch) {
    const body = delivery.content.toString();
    const order = JSON.parse(body);
    if (remember.run(order.id + order.step).changes === 0) continue;
    store.run(order.id, body, name);
    arrived.push(order.id);
    if (next === undefined) continue;
    const passedOn = JSON.stringify({ ...order, step: order.step + 1 });
    lastRow = append.run(next, passedOn).lastInsertRowid;
    outgoing.push(passedOn);
  }
  database.exec('COMMIT');
  return { arrived, outgoing, lastRow };
}
