import http, { type RequestOptions } from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import { urlToHttpOptions } from 'node:url';
import { BoundedMap, TimedOut } from '@comanda/kit';
import { AnswerHead } from './answer-head.js';
import type { SafeAgents } from './safe-connector.js';

export interface HttpPost {
  readonly url: string;
  /** Sent byte for byte, because these bytes were signed. */
  readonly body: string | Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

export interface ExchangeLimits {
  /** From DNS to the end of the answer, in milliseconds. */
  readonly timeoutMs: number;
  /** From DNS to the finished TCP or TLS handshake. */
  readonly connectTimeoutMs: number;
  /** How many bytes of the answer's body are read. */
  readonly bodyBytes: number;
  /** Ends it before its time. */
  readonly signal?: AbortSignal | undefined;
}

/** What came of one request: `head.status` is known or not, whatever else happened. */
export interface Exchange {
  readonly head: AnswerHead;
  readonly body: Buffer;
  /** What ended it before its end; absent when the answer came whole. */
  readonly error?: Error;
  /** The body has more than `bodyBytes`; no more was received. */
  readonly more: boolean;
  /** Whether the connection had been used before. */
  readonly reused: boolean;
}

/** POSTs once and follows no redirect. It throws only for a bug of ours, like a header that can't be sent. */
export function exchange(agents: SafeAgents, post: HttpPost, limits: ExchangeLimits): Promise<Exchange> {
  return new Promise((resolve) => {
    const destination = destinationOf(post.url);
    const secure = destination.protocol === 'https:';
    const { request: open, agent } = secure
      ? { request: https.request, agent: agents.https }
      : { request: http.request, agent: agents.http };
    const head = new AnswerHead();
    const chunks: Buffer[] = [];
    let size = 0;
    const request = open({ ...destination, method: 'POST', agent, headers: post.headers });

    const timers = new Set<NodeJS.Timeout>();
    const limit = (ms: number, what: string): NodeJS.Timeout => {
      const timer = setTimeout(() => end(new TimedOut(`${what} within ${ms} ms`)), ms).unref();
      timers.add(timer);
      return timer;
    };
    let socket: Socket | undefined;
    const tap = (chunk: Buffer): void => head.read(chunk);
    let ended = false;
    let answered = false;
    const end = (error?: Error): void => {
      if (ended) return;
      ended = true;
      for (const timer of timers) clearTimeout(timer);
      limits.signal?.removeEventListener('abort', calledOff);
      socket?.off('data', tap);
      const more = size > limits.bodyBytes;
      if (error || more) request.destroy();
      const body = Buffer.concat(chunks).subarray(0, limits.bodyBytes);
      resolve({ head, body, more, reused: request.reusedSocket, ...(error && { error }) });
    };

    const calledOff = (): void => end(new Error('it was called off'));
    limits.signal?.addEventListener('abort', calledOff);

    limit(limits.timeoutMs, 'no complete answer');
    request.on('socket', (used) => {
      socket = used;
      // Before the parser, which may throw the rest away.
      used.prependListener('data', tap);
      if (!used.connecting) return;
      const connecting = limit(limits.connectTimeoutMs, 'no connection');
      used.once(secure ? 'secureConnect' : 'connect', () => clearTimeout(connecting));
    });
    request.on('response', (response) => {
      answered = true;
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        size += chunk.length;
        if (size > limits.bodyBytes) end();
      });
      response.on('end', () => end());
      response.on('error', end);
      response.on('close', () => {
        if (!ended) end(closed());
      });
    });
    // A switch of protocols, which we did not ask for, ends the connection.
    request.on('upgrade', (_response, switched) => {
      switched.destroy();
      end(new Error('the protocol was switched, which nobody asked for'));
    });
    request.on('error', end);
    request.on('close', () => {
      // A body that ends with its connection is still to be read.
      if (!answered && !ended) end(closed());
    });
    request.end(post.body);
    if (limits.signal?.aborted) calledOff();
  });
}

/** Where the last targets lead: many deliveries go to the same one. */
const destinations = new BoundedMap<string, RequestOptions>(1_000);

function destinationOf(url: string): RequestOptions {
  const known = destinations.get(url);
  if (known) return known;
  const made = urlToHttpOptions(new URL(url));
  destinations.set(url, made);
  return made;
}

const closed = (): Error => new Error('the connection was closed');
