import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { GatewayConfig } from '../config.js';
import { networkOf } from '../limits/network-of.js';
import { sendProblem } from '../problems/problem.filter.js';
import { Problem } from '../problems/problem.js';
import { metrics } from './metrics.js';
import { contains } from './networks.js';

/** All headers of a request together; Node's own limit, said here because the number of headers hangs on it, too. */
export const MAX_HEADER_BYTES = 16 * 1024;
const MAX_HEADERS = 100;

type Limits = Pick<
  GatewayConfig,
  | 'MAX_CONNECTIONS'
  | 'MAX_CONNECTIONS_PER_ADDRESS'
  | 'TRUSTED_PROXIES'
  | 'HEADERS_TIMEOUT_MS'
  | 'REQUEST_TIMEOUT_MS'
>;

/** How long Node's server gives a client to send its headers, and a whole request. */
export const patience = ({ HEADERS_TIMEOUT_MS, REQUEST_TIMEOUT_MS }: Limits) => ({
  headersTimeout: HEADERS_TIMEOUT_MS,
  requestTimeout: REQUEST_TIMEOUT_MS,
  // How often Node looks for connections that are late; its standard, 30 s, would double our limits.
  connectionsCheckingInterval: Math.ceil(HEADERS_TIMEOUT_MS / 4),
  maxHeaderSize: MAX_HEADER_BYTES,
});

/** Closes the connections that are more than the server bears in all, or from one address. A proxy stands for many. */
export function limitConnections(server: Server, limits: Limits): void {
  server.maxConnections = limits.MAX_CONNECTIONS;
  server.on('drop', () => metrics.connectionsRefused.inc({ limit: 'all' }));
  const isProxy = contains(limits.TRUSTED_PROXIES);
  const open = new Map<string, number>();
  server.on('connection', (socket: Socket) => {
    const { remoteAddress } = socket;
    if (remoteAddress === undefined || isProxy(remoteAddress)) return;
    const network = networkOf(remoteAddress);
    const count = open.get(network) ?? 0;
    if (count >= limits.MAX_CONNECTIONS_PER_ADDRESS) {
      metrics.connectionsRefused.inc({ limit: 'address' });
      socket.destroy();
      return;
    }
    open.set(network, count + 1);
    socket.once('close', () => {
      const left = (open.get(network) ?? 1) - 1;
      if (left > 0) open.set(network, left);
      else open.delete(network);
    });
  });
}

/** Node's own limit of their number leaves out those beyond it without a word, an `Authorization` among them. */
export function refuseManyHeaders(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    // Names and values by turns.
    if (request.raw.rawHeaders.length <= 2 * MAX_HEADERS) done();
    else
      sendProblem(
        reply,
        request,
        new Problem(431, 'TOO_MANY_HEADERS', `Send at most ${MAX_HEADERS} headers.`),
      );
  });
}

/** Requests of one connection that are being answered. All that are sent at once would be, and fill the memory. */
const MOST_AT_ONCE = 10;

/** A client that sends more before it reads the answers is refused; what it sent behind that is not carried out. */
export function refuseManyAtOnce(fastify: FastifyInstance): void {
  const underWay = new WeakMap<Socket, number>();
  fastify.addHook('onRequest', (request, reply, done) => {
    const { socket } = request.raw;
    const count = underWay.get(socket) ?? 0;
    underWay.set(socket, count + 1);
    reply.raw.once('close', () => underWay.set(socket, (underWay.get(socket) ?? 1) - 1));
    if (count < MOST_AT_ONCE) done();
    else
      sendProblem(
        reply.header('connection', 'close'),
        request,
        new Problem(
          429,
          'TOO_MANY_REQUESTS',
          `Read the answers: ${MOST_AT_ONCE} requests of this connection wait for theirs.`,
          { headers: { 'retry-after': '1' } },
        ),
      );
  });
}
