/**
 * The least that sending webhooks can cost: bodies from memory, one signature and one POST by undici for each, as many
 * at once as Comanda sends to one quick endpoint. No database, no queue, no check of the address.
 */
import { createHmac, createSecretKey, randomBytes, randomUUID } from 'node:crypto';
import { Pool } from 'undici';

const AT_ONCE = 64;
const key = createSecretKey(randomBytes(32));

process.once('disconnect', () => process.exit());
process.once('message', async ({ url, body, count }) => {
  const { origin, pathname } = new URL(url);
  const pool = new Pool(origin, { connections: AT_ONCE });
  let left = count;
  const send = async () => {
    while (left > 0) {
      left -= 1;
      const id = randomUUID();
      const timestamp = String(Math.floor(Date.now() / 1000));
      const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
      const headers = {
        'content-type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': timestamp,
        'webhook-signature': `v1,${signature}`,
      };
      const answer = await pool.request({ path: pathname, method: 'POST', headers, body });
      await answer.body.dump();
    }
  };
  const worked = process.cpuUsage();
  const start = performance.now();
  await Promise.all(Array.from({ length: AT_ONCE }, send));
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(worked);
  process.send({ seconds, cpuMs: (user + system) / 1000 });
});
process.send({});
