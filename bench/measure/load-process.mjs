/**
 * The load generator, in a process of its own so that nothing else delays it. Takes one job over Node's channel,
 * answers with its figures and ends.
 */
import autocannon from 'autocannon';
import { paced } from './paced.mjs';

const JOBS = { flood, paced };

process.once('disconnect', () => process.exit());
process.once('message', async ({ job, target, options }) => {
  const figures = await JOBS[job](target, options);
  process.send({ figures }, () => process.disconnect());
});
process.send({});

/** As many orders as a number of connections can place, each waiting for its answer before the next. */
async function flood({ url, headers, body, bodies = [body] }, { seconds, connections }) {
  const requests = bodies.map((one) => ({ method: 'POST', headers, body: one }));
  const result = await autocannon({ url, requests, connections, duration: seconds });
  return {
    startedAt: result.start.getTime(),
    accepted: result['2xx'],
    refused: result.non2xx,
    errors: result.errors,
    answerP50: result.latency.p50,
    answerP99: result.latency.p99,
  };
}
