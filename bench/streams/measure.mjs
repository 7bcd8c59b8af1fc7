import { setTimeout as delay } from 'node:timers/promises';
import { DEMO_PRODUCT, STAFF } from '../../scripts/dist/demo-accounts.js';
import { logIn, post } from '../comanda/api.mjs';
import { startComanda } from '../comanda/start.mjs';
import { latencyFigures } from '../measure/figures.mjs';
import { answersAtRate } from '../measure/load.mjs';
import { openStream } from './stream.mjs';

const STREAMS = 1_000;
/** As many as a caller may have. */
const OF_A_CALLER = 20;
const ORDERS_PER_SECOND = 50;
const SETTLE_MS = 3_000;
const PASSWORD = 'quite-a-long-password';
const MB = 1024 * 1024;

/**
 * What a thousand open streams cost the gateway: memory, and how long an order waits for its answer (P3) while they are
 * open; and how long after its event a client hears of it, at 50 orders a second.
 */
export async function measureStreams({ rabbit, redis, directory, running, say, paceSeconds }) {
  say('Starting comanda');
  const settings = { MAX_CONNECTIONS_PER_ADDRESS: '5000' };
  const comanda = await startComanda({ rabbitUrl: rabbit.url, redisUrl: redis.url, directory, settings });
  running.push(comanda);
  const api = comanda.order().url.replace(/\/orders$/, '');
  const gateway = `${comanda.operatorUrls.get('gateway')}/metrics`;
  const pace = { perSecond: ORDERS_PER_SECOND, seconds: paceSeconds };

  say(`P3 without streams, ${ORDERS_PER_SECOND} orders a second for ${paceSeconds} s`);
  const without = await answersAtRate(comanda, pace);
  const before = await memoryOf(gateway);

  say(`opening ${STREAMS} streams`);
  const streams = await openStreams(api);
  await delay(SETTLE_MS);
  const after = await memoryOf(gateway);

  say(`P3 with ${STREAMS} streams, and a client that hears of each order`);
  const heard = [];
  const live = await openStream(`${api}/live?topics=orders`, await logIn(api, STAFF), (event, data) => {
    if (event === 'ORDER_UPDATED') heard.push(Date.now() - Date.parse(data.updatedAt));
  });
  const withStreams = await answersAtRate(comanda, pace);
  const open = streams.filter((stream) => stream.open).length;
  for (const stream of [live, ...streams]) stream.close();
  return {
    streams: open,
    megabytes: Math.round((after - before) / MB),
    P3: { without, with: withStreams },
    eventToClient: latencyFigures(heard),
  };
}

/** Of orders that are confirmed: they may be fulfilled, so their streams stay open, and nothing comes. */
async function openStreams(api) {
  const streams = [];
  for (let caller = 0; caller * OF_A_CALLER < STREAMS; caller += 1) {
    const email = `bench-${caller}@example.org`;
    await post(`${api}/auth/register`, { email, password: PASSWORD });
    const authorization = await logIn(api, email, PASSWORD);
    const body = { items: [{ productId: DEMO_PRODUCT, quantity: 1 }], payment: { method: 'sim_approved' } };
    const { orderId } = await post(`${api}/orders`, body, { authorization });
    const opening = Array.from({ length: OF_A_CALLER }, () =>
      openStream(`${api}/orders/${orderId}/stream`, authorization),
    );
    streams.push(...(await Promise.all(opening)));
  }
  return streams;
}

async function memoryOf(metrics) {
  const text = await (await fetch(metrics)).text();
  const [, bytes] = /^process_resident_memory_bytes(?:\{[^}]*\})? (\S+)$/m.exec(text) ?? [];
  if (bytes === undefined) throw new Error('/metrics does not tell the memory');
  return Number(bytes);
}
