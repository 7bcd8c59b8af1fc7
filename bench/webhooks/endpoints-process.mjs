/**
 * Webhook endpoints that a test can't have: as many as asked for, each on a port of its own, each as it is told to be:
 * `healthy` answers 200, `thoughtful` too, after a while, `failing` 500, `hanging` never. Reports when each event came to
 * which of those that are watched.
 */
import { createServer } from 'node:http';

const TELL_EVERY_MS = 100;
const STATUS = { healthy: 200, thoughtful: 200, failing: 500 };
const THOUGHT_MS = 20;

const endpoints = [];
let arrivals = [];

function open(at) {
  const endpoint = { manner: 'healthy', watched: false, running: 0, most: 0, received: 0 };
  const server = createServer((request, response) => {
    endpoint.running += 1;
    endpoint.most = Math.max(endpoint.most, endpoint.running);
    response.once('close', () => {
      endpoint.running -= 1;
    });
    request.resume().once('end', () => {
      const status = STATUS[endpoint.manner];
      if (status === undefined) return;
      endpoint.received += 1;
      if (endpoint.watched) arrivals.push([request.headers['webhook-id'], at, Date.now()]);
      const answer = () => response.writeHead(status, { 'content-length': 0 }).end();
      if (endpoint.manner === 'thoughtful') setTimeout(answer, THOUGHT_MS);
      else answer();
    });
  });
  endpoints.push(endpoint);
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server.address().port)));
}

const ports = [];
for (let at = 0; at < Number(process.argv[2]); at += 1) ports.push(await open(at));

setInterval(() => {
  const totals = endpoints.map(({ received, most }) => ({ received, most }));
  process.send({ arrivals, totals });
  arrivals = [];
}, TELL_EVERY_MS);

/** `{ at: 3, manner: 'hanging', watched: false }`; the highest number at once begins anew. */
process.on('message', (changes) => {
  for (const { at, ...changed } of changes) Object.assign(endpoints[at], { most: 0, ...changed });
});
process.once('disconnect', () => process.exit());
process.send({ ports });
