import { setTimeout as delay } from 'node:timers/promises';
import { DEMO_PRODUCT, STAFF } from '../../scripts/dist/demo-accounts.js';
import { logIn, post } from '../comanda/api.mjs';
import { startComanda } from '../comanda/start.mjs';
import { hundredths, latencyFigures, quantile } from '../measure/figures.mjs';
import { answersAtRate } from '../measure/load.mjs';
import { processorTimes } from '../measure/processor-time.mjs';
import { openStream } from './stream.mjs';

const STREAMS = 1_000;
/** As many as a caller may have. */
const OF_A_CALLER = 20;
/** At which an event's way to a client is measured. */
const HEARD_PER_SECOND = 50;
const SETTLE_MS = 3_000;
const TURNS = 5;
const PASSWORD = 'quite-a-long-password';
const MB = 1024 * 1024;

/**
 * What a thousand open streams cost the gateway: memory, its processor time for an order, and how long an order waits
 * for its answer (P3) while they are open, measured in turns with them and without; and how long after its event a
 * client hears of it, at 50 orders a second.
 */
export async function measureStreams({ rabbit, redis, directory, running, say, perSecond, paceSeconds }) {
  say('Starting comanda');
  const settings = { MAX_CONNECTIONS_PER_ADDRESS: '5000' };
  const comanda = await startComanda({ rabbitUrl: rabbit.url, redisUrl: redis.url, directory, settings });
  running.push(comanda);
  const api = comanda.order().url.replace(/\/orders$/, '');
  const gateway = `${comanda.operatorUrls.get('gateway')}/metrics`;
  const P3 = { perSecond, seconds: paceSeconds };
  const answers = () => withGatewayTime(() => answersAtRate(comanda, P3));

  const watched = await ordersToWatch(api);
  say('warming up');
  await answersAtRate(comanda, P3);
  const before = await memoryOf(gateway);
  const turns = [];
  let after = before;
  for (let turn = 1; turn <= TURNS; turn += 1) {
    say(`P3, turn ${turn} of ${TURNS}: without streams`);
    const without = await answers();
    say(`P3, turn ${turn} of ${TURNS}: with ${STREAMS} of them`);
    const streams = await openStreams(api, watched);
    await delay(SETTLE_MS);
    if (turn === 1) after = await memoryOf(gateway);
    turns.push({ without, with: await answers(), open: openOf(streams) });
    for (const stream of streams) stream.close();
    await delay(SETTLE_MS);
  }

  say(`with ${STREAMS} streams, a client that hears of each order, ${HEARD_PER_SECOND} orders a second`);
  const streams = await openStreams(api, watched);
  const heard = [];
  const live = await openStream(`${api}/live?topics=orders`, await logIn(api, STAFF), (event, data) => {
    if (event === 'ORDER_UPDATED') heard.push(Date.now() - Date.parse(data.updatedAt));
  });
  await answersAtRate(comanda, { perSecond: HEARD_PER_SECOND, seconds: paceSeconds });
  for (const stream of [live, ...streams]) stream.close();
  return {
    streams: Math.min(...turns.map(({ open }) => open)),
    megabytes: Math.round((after - before) / MB),
    P3: { turns, without: medians(turns, 'without'), with: medians(turns, 'with') },
    eventToClient: latencyFigures(heard),
  };
}

const openOf = (streams) => streams.filter(({ open }) => open).length;

const medians = (turns, which) => {
  const median = (of) =>
    quantile(
      turns.map((turn) => turn[which][of]),
      0.5,
    );
  return { p50: median('p50'), p99: median('p99'), gatewayMs: median('gatewayMs') };
};

/** With the processor time of the gateway for each order, which other programs on the machine hardly change. */
async function withGatewayTime(measure) {
  const spent = () =>
    [...processorTimes().values()].find(({ name }) => name === 'api-gateway')?.ms ?? Number.NaN;
  const before = spent();
  const figures = await measure();
  return { ...figures, gatewayMs: hundredths((spent() - before) / figures.samples) };
}

/** Confirmed ones: they may be fulfilled, so their streams stay open, and nothing comes. */
async function ordersToWatch(api) {
  const watched = [];
  for (let caller = 0; caller * OF_A_CALLER < STREAMS; caller += 1) {
    const email = `bench-${caller}@example.org`;
    await post(`${api}/auth/register`, { email, password: PASSWORD });
    const authorization = await logIn(api, email, PASSWORD);
    const body = { items: [{ productId: DEMO_PRODUCT, quantity: 1 }], payment: { method: 'sim_approved' } };
    const { orderId } = await post(`${api}/orders`, body, { authorization });
    watched.push({ orderId, authorization });
  }
  return watched;
}

async function openStreams(api, watched) {
  const streams = [];
  for (const { orderId, authorization } of watched) {
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
