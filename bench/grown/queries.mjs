import { CUSTOMER, STAFF } from '../../scripts/dist/demo-accounts.js';
import { pagesIn, someCustomer } from '../../test/dist/grown/pages.js';
import { SAMPLE_PASSWORD } from '../../test/dist/grown/trade.js';
import { logIn } from '../comanda/api.mjs';
import { latencyFigures } from '../measure/figures.mjs';

const REQUESTS = 100;

/**
 * How long people wait for the pages that they look at, one request after the other.
 *
 * @param {string} directory where the databases are
 * @returns {Promise<{ name: string, p50: number, p99: number, samples: number }[]>}
 */
export async function queryLatencies(subject, directory) {
  const api = `${new URL(subject.order().url).origin}/api/v1`;
  const tokens = {
    staff: await logIn(api, STAFF),
    customer: await logIn(api, someCustomer(directory), SAMPLE_PASSWORD),
    'the busiest customer': await logIn(api, CUSTOMER),
  };
  const figures = [];
  for (const { name, as, paths } of pagesIn(directory))
    figures.push({ name: `${as}: ${name}`, ...latencyFigures(await latencies(api, tokens[as], paths)) });
  return figures;
}

async function latencies(api, authorization, paths) {
  const taken = [];
  for (let request = 0; request < REQUESTS; request += 1) {
    const path = paths[request % paths.length];
    const start = performance.now();
    const response = await fetch(`${api}/${path}`, { headers: { authorization } });
    const text = await response.text();
    taken.push(performance.now() - start);
    if (!response.ok) throw new Error(`${path} was answered ${response.status}: ${text}`);
  }
  return taken;
}
