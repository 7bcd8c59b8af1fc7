import { dataSchemaOf, newId, StockChanged } from '@comanda/contracts';
import { openDatabase } from '@comanda/storage';
import Database from 'better-sqlite3';

/** It has one reader, so that one event is one message in one queue. */
export const EVENT = StockChanged;

/** A service's database as a crash between commit and publish leaves it, with that many events. */
export async function fillOutbox(file, events) {
  await (await openDatabase(`sqlite:${file}`, [])).close();
  const database = new Database(file);
  const add = database.prepare('INSERT INTO outbox (message_id, type, body, created_at) VALUES (?, ?, ?, ?)');
  const now = new Date().toISOString();
  database.transaction(() => {
    for (let n = 0; n < events; n += 1) {
      const id = newId();
      add.run(id, EVENT.type, JSON.stringify(envelope(id, now)), now);
    }
  })();
  database.close();
}

const envelope = (id, time) => ({
  specversion: '1.0',
  id,
  type: EVENT.type,
  source: EVENT.publisher,
  time,
  subject: EVENT.example.productId,
  datacontenttype: 'application/json',
  dataschema: dataSchemaOf(EVENT.type, EVENT.version),
  tenantid: 'default',
  correlationid: newId(),
  causationid: newId(),
  sequence: 1,
  data: EVENT.example,
});
