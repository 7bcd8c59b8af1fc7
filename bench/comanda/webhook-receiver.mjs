/** A healthy webhook endpoint: reads each request to its end, answers 200, and counts. */
import { createServer } from 'node:http';

const TELL_EVERY_MS = 100;

let received = 0;
let told = 0;

const server = createServer((request, response) => {
  request.resume().once('end', () => {
    received += 1;
    response.writeHead(200, { 'content-length': 0 }).end();
  });
});
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));

setInterval(() => {
  if (received === told) return;
  told = received;
  process.send({ received });
}, TELL_EVERY_MS);
process.once('disconnect', () => process.exit());
