import { setTimeout as delay } from 'node:timers/promises';
import { startComanda } from '../comanda/start.mjs';
import { hundredths, quantile } from '../measure/figures.mjs';
import { completedUnderLoad } from '../measure/load.mjs';

const SAMPLE_EVERY_MS = 1_000;
const MB = 1024 * 1024;

/**
 * P8: what memory each service takes while P1's load goes on, as the service itself tells at `/metrics`.
 *
 * @returns the figures of `completedUnderLoad`, and those of the memory by service
 */
export async function measureSoak({ rabbit, redis, directory, running, say, seconds, connections }) {
  say('Starting comanda');
  const comanda = await startComanda({ rabbitUrl: rabbit.url, redisUrl: redis.url, directory });
  running.push(comanda);
  say(`P8, ${connections} connections for ${seconds} s`);
  const load = completedUnderLoad(comanda, { seconds, connections });
  const samples = await sampled(comanda.operatorUrls, seconds * 1_000);
  const memory = {};
  for (const [name, taken] of samples) memory[name] = memoryFigures(taken);
  return { load: await load, memory };
}

/** For each service one sample a second: what it holds of the machine's memory, and how much of it is its heap. */
async function sampled(urls, forMs) {
  const samples = new Map([...urls.keys()].map((name) => [name, []]));
  for (const start = performance.now(); performance.now() - start < forMs; ) {
    await Promise.all(
      [...urls].map(async ([name, url]) => {
        const text = await (await fetch(`${url}/metrics`)).text();
        samples.get(name).push({
          minute: (performance.now() - start) / 60_000,
          rss: metricOf(text, 'process_resident_memory_bytes') / MB,
          heap: metricOf(text, 'nodejs_heap_size_used_bytes') / MB,
        });
      }),
    );
    await delay(SAMPLE_EVERY_MS);
  }
  return samples;
}

function metricOf(text, metric) {
  const [, value] = new RegExp(`^${metric}(?:\\{[^}]*\\})? (\\S+)$`, 'm').exec(text) ?? [];
  if (value === undefined) throw new Error(`/metrics does not tell ${metric}`);
  return Number(value);
}

/**
 * In megabytes. A heap is filled and swept all the time, so one sample says little: `growth` compares the medians of
 * two fifths of the run, the last and the second one. In the first one caches and pools are filled.
 */
function memoryFigures(samples) {
  const rss = samples.map((one) => one.rss);
  const fifth = (at) => median(rss.slice((rss.length * (at - 1)) / 5, (rss.length * at) / 5));
  return {
    start: hundredths(fifth(1)),
    middle: hundredths(fifth(3)),
    end: hundredths(fifth(5)),
    highest: hundredths(Math.max(...rss)),
    heap: hundredths(median(samples.map(({ heap }) => heap))),
    growth: hundredths(fifth(5) / fifth(2)),
    slopePerMinute: hundredths(slope(samples.slice(samples.length / 2))),
  };
}

const median = (values) => quantile(values, 0.5);
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Of the line that has the least squares. */
function slope(samples) {
  const [minute, rss] = [mean(samples.map((one) => one.minute)), mean(samples.map((one) => one.rss))];
  const [over, under] = [
    mean(samples.map((one) => (one.minute - minute) * (one.rss - rss))),
    mean(samples.map((one) => (one.minute - minute) ** 2)),
  ];
  return over / under;
}
