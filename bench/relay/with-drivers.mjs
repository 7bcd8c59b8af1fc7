import { declareTopology, EXCHANGE } from '@comanda/messaging';
import amqp from 'amqplib';
import Database from 'better-sqlite3';

/** Nothing but amqplib and better-sqlite3: read a page, publish it, await its confirms, delete it. */
export async function withDrivers({ rabbitUrl, file, page }) {
  const connection = await amqp.connect(rabbitUrl, { noDelay: true });
  const channel = await connection.createConfirmChannel();
  await declareTopology(channel);
  const database = new Database(file);
  database.pragma('synchronous = FULL');
  const read = database.prepare('SELECT message_id, type, body FROM outbox ORDER BY message_id LIMIT ?');
  const remove = database.prepare('DELETE FROM outbox WHERE message_id IN (SELECT value FROM json_each(?))');

  return async () => {
    for (;;) {
      const rows = read.all(page);
      if (rows.length === 0) return;
      for (const { message_id: messageId, type, body } of rows)
        channel.publish(EXCHANGE, type, Buffer.from(body), {
          persistent: true,
          mandatory: true,
          messageId,
          type,
        });
      await channel.waitForConfirms();
      remove.run(JSON.stringify(rows.map(({ message_id }) => message_id)));
    }
  };
}
