/** Carries one full outbox to the broker in the way it is told, answers with the seconds that it took, and waits to be ended. */
import { performance } from 'node:perf_hooks';
import { EVENT } from './full-outbox.mjs';
import { withComanda } from './with-comanda.mjs';
import { withDrivers } from './with-drivers.mjs';

const WAYS = {
  'one by one': (job) => withDrivers({ ...job, page: 1 }),
  pipelined: (job) => withDrivers({ ...job, page: 500 }),
  comanda: (job) => withComanda({ ...job, service: EVENT.publisher }),
};

process.once('disconnect', () => process.exit());
process.once('message', async ({ way, ...job }) => {
  const carry = await WAYS[way](job);
  const start = performance.now();
  await carry();
  process.send({ seconds: (performance.now() - start) / 1000 });
});
process.send({});
