/** A healthy webhook endpoint: reads each request to its end, answers 200, and counts the events, each once. */
import { createServer } from 'node:http';

const TELL_EVERY_MS = 100;

const received = new Set();
let lastAt = 0;
let told = 0;

const server = createServer((request, response) => {
  request.resume().once('end', () => {
    const event = request.headers['webhook-id'];
    if (!received.has(event)) {
      received.add(event);
      lastAt = Date.now();
    }
    response.writeHead(200, { 'content-length': 0 }).end();
  });
});
server.listen(Number(process.env.PORT), '127.0.0.1', () => process.send({ port: server.address().port }));

setInterval(() => {
  if (received.size === told) return;
  told = received.size;
  process.send({ received: told, lastAt });
}, TELL_EVERY_MS);
process.once('disconnect', () => process.exit());
