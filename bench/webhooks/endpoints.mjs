import { startChild } from '../measure/child.mjs';

/** Webhook endpoints in a process of their own, what came to those that are watched, and how each is to behave. */
export async function startEndpoints(count) {
  const arrivals = new Map();
  const state = { totals: [], watched: 0 };
  const child = await startChild(new URL('./endpoints-process.mjs', import.meta.url), {
    args: [String(count)],
    onMessage: ({ arrivals: came, totals }) => {
      state.totals = totals;
      for (const [id, endpoint, at] of came) {
        const known = arrivals.get(id) ?? new Map();
        // The first time counts.
        if (!known.has(endpoint)) known.set(endpoint, at);
        arrivals.set(id, known);
      }
    },
  });
  return {
    url: (at) => `http://127.0.0.1:${child.first.ports[at]}/hook`,
    /** Of each endpoint: how many events it has taken, and how many were there at once since it was last changed. */
    get totals() {
      return state.totals;
    },
    get watched() {
      return state.watched;
    },
    watch(some) {
      state.watched = some.length;
      child.send(Array.from({ length: count }, (_, at) => ({ at, watched: some.includes(at) })));
    },
    change: (changes) => child.send(changes),
    /** When the event came to each watched endpoint, in milliseconds since the epoch. */
    arrivalsOf: (id) => [...(arrivals.get(id)?.values() ?? [])],
    stop: () => child.stop(),
  };
}
