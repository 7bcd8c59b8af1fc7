import type { Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { newId } from '@comanda/contracts';
import { PROBLEM_TYPE, Problem } from '../problems/problem.js';
import { malformedUrl } from '../problems/problem-of-error.js';
import { ANSWER_HEADERS } from './answer-headers.js';
import { MAX_HEADER_BYTES } from './connection-limits.js';
import { CORRELATION_HEADER } from './correlation-id.js';

/** Answers bytes that are not HTTP, of which Node's parser makes no request. */
export function answerUnreadable(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy();
  else lastWord(socket, problemOf(error.code));
}

/** Answers requests that Node would answer by itself without a word, or not at all. */
export function answerWhatNodeWould(server: Server): void {
  server.on('request', ({ socket }, response) => underWay.set(socket, response));
  server.on('checkExpectation', ({ socket }) =>
    lastWord(socket, new Problem(417, 'BAD_REQUEST', 'Expect is 100-continue or nothing: leave it out.')),
  );
  server.on('connect', (_request, socket) =>
    lastWord(socket, new Problem(405, 'METHOD_NOT_ALLOWED', 'This is no proxy. See /docs.')),
  );
}

/** The latest answer of each connection. */
const underWay = new WeakMap<Duplex, ServerResponse>();

/**
 * The last thing that is said on a connection. A whole request before it may have been carried out: what it is answered
 * comes first, or its client would take this for the answer.
 */
function lastWord(socket: Duplex, problem: Problem): void {
  const before = underWay.get(socket);
  if (before?.req.complete && !before.writableFinished)
    before.once('finish', () => answerBytes(socket, problem));
  else answerBytes(socket, problem);
}

function answerBytes(socket: Duplex, problem: Problem): void {
  const correlationId = newId();
  const document = problem.document({ path: '', correlationId });
  const body = JSON.stringify(document);
  socket.end(
    `HTTP/1.1 ${document.status} ${document.title}\r\ncontent-type: ${PROBLEM_TYPE}\r\n${CORRELATION_HEADER}: ${correlationId}\r\n` +
      Object.entries(ANSWER_HEADERS)
        .map(([name, value]) => `${name}: ${value}\r\n`)
        .join('') +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}

function problemOf(code: string | undefined): Problem {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new Problem(
        431,
        'UNREADABLE_REQUEST',
        `The headers are more than ${MAX_HEADER_BYTES / 1024} KiB together. Send fewer, or shorter ones.`,
      );
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return new Problem(413, 'BODY_TOO_LARGE', 'The chunk extensions are too large. Leave them out.');
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new Problem(408, 'UNREADABLE_REQUEST', 'The request took too long to arrive. Send it again.');
    case 'HPE_INVALID_URL':
      return malformedUrl();
    default:
      return new Problem(400, 'UNREADABLE_REQUEST', 'This is not a complete HTTP request.');
  }
}
