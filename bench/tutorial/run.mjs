import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { measureAlone, printAlone } from '../measure/alone.mjs';
import { startChild } from '../measure/child.mjs';
import { removeFromBroker } from '../measure/queues.mjs';

/** The gateway last: by then the services that it sends to are listening. */
const ROLES = ['orders', 'products', 'payments', 'gateway'];
const QUEUES = ['bench_tutorial_orders', 'bench_tutorial_products', 'bench_tutorial_payments'];
const BODY = JSON.stringify({ productId: 'coffee', quantity: 1 });

/** @type {import('../measure/subject.mjs').Start} */
export async function startTutorial({ rabbitUrl, redisUrl, directory }) {
  compile();
  await removeFromBroker(rabbitUrl, { queues: QUEUES });
  const env = { RABBITMQ_URL: rabbitUrl, REDIS_URL: redisUrl, DATA_DIRECTORY: directory };
  const children = [];
  for (const role of ROLES) {
    children.push(await startChild(new URL('./dist/main.js', import.meta.url), { args: [role], env }));
  }

  const url = `http://127.0.0.1:${children.at(-1).first.port}/orders`;
  const order = { url, headers: { 'content-type': 'application/json' }, body: BODY };
  const database = new Database(join(directory, 'orders.db'), { readonly: true });
  const confirmed = database.prepare(`SELECT count(*) FROM "order" WHERE status = 'CONFIRMED'`).pluck();

  return {
    name: 'tutorial',
    order: () => order,
    placeAndAwait: () => placeAndPoll(order),
    completed: () => confirmed.get(),
    stop: async () => {
      database.close();
      await Promise.all(children.map((child) => child.stop()));
      await removeFromBroker(rabbitUrl, { queues: QUEUES });
    },
  };
}

export const measureTutorial = (options) => measureAlone(startTutorial, options);

async function placeAndPoll({ url, headers, body }) {
  const placed = await fetch(url, { method: 'POST', headers, body });
  const { id } = await placed.json();
  for (;;) {
    const found = await fetch(`${url}/${id}`);
    if ((await found.json()).status !== 'PENDING') return;
  }
}

/** A no-op when nothing has changed. */
function compile() {
  const compiler = join(import.meta.dirname, '../../node_modules/typescript/bin/tsc');
  execFileSync(process.execPath, [compiler, '--build', import.meta.dirname], { stdio: 'inherit' });
}

if (import.meta.main) await printAlone(startTutorial);
