import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { newId } from '@comanda/contracts';
import { startPlatform } from '@comanda/local-infra';
import { STAFF } from '../../scripts/dist/demo-accounts.js';
import { logIn, post } from '../comanda/api.mjs';
import { CONFIGURATION } from '../comanda/start.mjs';
import { startChild } from '../measure/child.mjs';
import { hundredths, latencyFigures, rounded } from '../measure/figures.mjs';
import { withProcessorTime } from '../measure/processor-time.mjs';
import { startEndpoints } from './endpoints.mjs';
import { BACKLOG, envelope, openPublisher, WATCHED } from './events.mjs';

const ENDPOINTS = 100;
/** So many of the hundred misbehave; the others are watched. */
const BAD = 20;
const PER_SECOND = 4;
const WARM_UP_SECONDS = 2;

/**
 * P4 and P5: what webhook-publisher makes of events that lie in its queue.
 *
 * @param {object} options `floodEvents`: for one healthy endpoint, as fast as it goes; `isolationSeconds`: for each turn of
 *   P5, four events a second to a hundred endpoints; `backlogEvents`: for the endpoint that is dead
 */
export async function measureWebhooks({ rabbit, redis, directory, running, say, ...options }) {
  const endpoints = await startEndpoints(ENDPOINTS + 1);
  running.push(endpoints);
  const folder = join(directory, 'comanda');
  mkdirSync(folder);
  say('Starting Comanda');
  const surroundings = { directory: folder, rabbitUrl: rabbit.url, redisUrl: redis.url };
  // One more subscription than a tenant may have.
  const env = { ...CONFIGURATION, WEBHOOK_MAX_SUBSCRIPTIONS: '1000' };
  running.push(
    await startPlatform({ ...surroundings, env }).then((started) => {
      surroundings.api = `${started.url}/api/v1`;
      return started;
    }),
  );
  const authorization = await logIn(surroundings.api, STAFF);
  const subscribe = (at, event) =>
    post(
      `${surroundings.api}/subscriptions`,
      { channel: 'webhook', target: endpoints.url(at), eventTypes: [event.type] },
      { authorization, 'idempotency-key': randomUUID() },
    );
  const publisher = await openPublisher(rabbit.url);
  running.push({ stop: () => publisher.close() });

  await subscribe(0, WATCHED);
  const P4 = await toOneEndpoint({ endpoints, publisher, say, ...options });
  for (let at = 1; at < ENDPOINTS; at += 1) await subscribe(at, WATCHED);
  await subscribe(ENDPOINTS, BACKLOG);
  const P5 = await whileOthersFail({ endpoints, publisher, say, ...options });
  return { P4, P5 };
}

async function toOneEndpoint({ endpoints, publisher, say, floodEvents }) {
  endpoints.watch([0]);
  say('P4, warming up');
  await arrived(endpoints, await publisher.publish(WATCHED, floodEvents / 4));
  say(`P4, ${floodEvents} events to one endpoint`);
  const start = performance.now();
  const flood = await withProcessorTime(async () => {
    await arrived(endpoints, await publisher.publish(WATCHED, floodEvents));
    return { completed: floodEvents };
  });
  const perSecond = rounded((floodEvents * 1000) / (performance.now() - start));
  say('P4, the bare loop');
  const loop = await bareLoop(endpoints.url(0), floodEvents);
  say('P4, at half of that rate');
  const delays = await atRate(endpoints, publisher, {
    perTurn: Math.ceil(perSecond / 20),
    turns: 100,
    everyMs: 100,
  });
  return {
    perSecond,
    cpuMs: flood.msPerOrder['webhook-publisher'],
    loop,
    ...latencyFigures(delays),
  };
}

async function bareLoop(url, count) {
  const { promise, resolve } = Promise.withResolvers();
  const loop = await startChild(new URL('./undici-loop.mjs', import.meta.url), { onMessage: resolve });
  loop.send({ url, count, body: JSON.stringify(envelope(WATCHED, newId())) });
  const { seconds, cpuMs } = await Promise.race([promise, loop.failed]);
  await loop.stop();
  return { perSecond: rounded(count / seconds), cpuMs: hundredths(cpuMs / count) };
}

async function whileOthersFail({ endpoints, publisher, say, isolationSeconds, backlogEvents }) {
  const all = Array.from({ length: ENDPOINTS }, (_, at) => at);
  endpoints.watch(all.slice(BAD));
  const turn = async (what, manner, count) => {
    endpoints.change(all.slice(0, count).map((at) => ({ at, manner })));
    say(`P5, ${what}`);
    const turns = isolationSeconds * PER_SECOND;
    const warmUp = WARM_UP_SECONDS * PER_SECOND;
    const delays = await atRate(endpoints, publisher, {
      perTurn: 1,
      turns,
      warmUp,
      everyMs: 1000 / PER_SECOND,
    });
    return { what, ...latencyFigures(delays) };
  };
  const figures = [
    await turn('all healthy', 'healthy', BAD),
    await turn('1 of 100 hanging', 'hanging', 1),
    await turn('20 of 100 hanging', 'hanging', BAD),
    await turn('20 of 100 failing', 'failing', BAD),
  ];
  say(`P5, ${backlogEvents} deliveries for an endpoint that hangs`);
  endpoints.change([{ at: ENDPOINTS, manner: 'hanging' }]);
  await publisher.publish(BACKLOG, backlogEvents);
  await publisher.taken();
  figures.push(await turn(`a dead endpoint with ${backlogEvents} deliveries`, 'healthy', BAD));
  endpoints.change([{ at: ENDPOINTS, manner: 'thoughtful' }]);
  const start = performance.now();
  figures.push(await turn('and when it is back', 'healthy', BAD));
  const { received, most } = endpoints.totals[ENDPOINTS];
  return { figures, drained: { perSecond: rounded((received * 1000) / (performance.now() - start)), most } };
}

/** Publishes a few events again and again; the milliseconds from each confirm to each receipt. */
async function atRate(endpoints, publisher, { perTurn, turns, warmUp = 0, everyMs }) {
  const published = [];
  const start = performance.now();
  for (let turn = -warmUp; turn < turns; turn += 1) {
    const early = start + (turn + warmUp) * everyMs - performance.now();
    if (early > 0) await delay(early);
    const batch = await publisher.publish(WATCHED, perTurn);
    if (turn >= 0) published.push(batch);
    else await arrived(endpoints, batch);
  }
  const delays = [];
  for (const batch of published) {
    await arrived(endpoints, batch);
    for (const id of batch.ids)
      for (const at of endpoints.arrivalsOf(id)) delays.push(Math.max(0, at - batch.at));
  }
  return delays;
}

/** @throws {Error} when an event has not come to all that are watched within a minute */
async function arrived(endpoints, { ids }) {
  const deadline = performance.now() + 60_000;
  for (const id of ids)
    while (endpoints.arrivalsOf(id).length < endpoints.watched) {
      if (performance.now() > deadline) throw new Error(`Event ${id} did not come to all endpoints`);
      await delay(20);
    }
}
