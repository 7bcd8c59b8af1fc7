import { measureAlone, printAlone } from '../measure/alone.mjs';
import { startChild } from '../measure/child.mjs';
import { removeFromBroker } from '../measure/queues.mjs';
import { EXCHANGE, STAGES } from './topology.mjs';

const BODY = JSON.stringify({ items: [{ productId: 'coffee', quantity: 1 }] });

/**
 * The least that processes can do to carry an order over RabbitMQ with inbox, outbox and confirms: the upper bound
 * for a machine. No framework, no validation, no authentication, no rules.
 *
 * @type {import('../measure/subject.mjs').Start}
 */
export async function startCeiling({ rabbitUrl, directory }) {
  await removeFromBroker(rabbitUrl, leftovers);
  const env = { RABBITMQ_URL: rabbitUrl, DATA_DIRECTORY: directory };
  const arrivals = new Arrivals();
  const children = [];
  for (const [index, { name, queue }] of STAGES.entries()) {
    const next = STAGES[index + 1]?.queue;
    const args = next === undefined ? [name, queue] : [name, queue, next];
    const onMessage = ({ arrived }) => arrivals.add(arrived);
    children.push(await startChild(new URL('./stage.mjs', import.meta.url), { args, env, onMessage }));
  }
  const gateway = await startChild(new URL('./gateway.mjs', import.meta.url), { env });
  children.push(gateway);

  const url = `http://127.0.0.1:${gateway.first.port}/orders`;
  const order = { url, headers: { 'content-type': 'application/json' }, body: BODY };
  return {
    name: 'ceiling',
    order: () => order,
    placeAndAwait: async () => {
      const next = arrivals.next();
      await (await fetch(url, { method: 'POST', ...order })).arrayBuffer();
      await next;
    },
    completed: () => arrivals.count,
    stop: async () => {
      await Promise.all(children.map((child) => child.stop()));
      await removeFromBroker(rabbitUrl, leftovers);
    },
  };
}

export const measureCeiling = (options) => measureAlone(startCeiling, options);

const leftovers = { queues: STAGES.map(({ queue }) => queue), exchanges: [EXCHANGE] };

/** Orders that the last stage has committed. */
class Arrivals {
  count = 0;
  #resolve = () => {};

  add(ids) {
    this.count += ids.length;
    this.#resolve();
  }

  /** Resolves at the next arrival; with one order under way that is this order's. */
  next() {
    return new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }
}

if (import.meta.main) await printAlone(startCeiling);
