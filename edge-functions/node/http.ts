import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

/** A `Request` needs a whole URL; the receivers read only its path. */
const ANY_HOST = 'http://receiver.invalid';

/** A request must arrive completely within this time. */
const REQUEST_TIMEOUT_MS = 10_000;

export type WebHandler = (request: Request) => Promise<Response>;

/** Serves a web-standard handler under `node:http`. When the handler throws, the answer is a 500 without details. */
export function createNodeServer(handler: WebHandler, onError: (error: unknown) => void): Server {
  return createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (incoming, outgoing) => {
    answer(handler, incoming, outgoing).catch((error: unknown) => {
      onError(error);
      if (outgoing.headersSent) outgoing.destroy();
      else
        outgoing
          .writeHead(500, { 'content-type': 'application/problem+json' })
          .end('{"title":"Failed","status":500}');
    });
  });
}

async function answer(
  handler: WebHandler,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const response = await handler(toRequest(incoming));
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  outgoing.end(Buffer.from(await response.arrayBuffer()));
}

function toRequest(incoming: IncomingMessage): Request {
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headersDistinct)) {
    for (const one of value ?? []) headers.append(name, one);
  }
  const { method = 'GET', url = '/' } = incoming;
  const hasBody = method !== 'GET' && method !== 'HEAD';
  return new Request(URL.parse(url, ANY_HOST) ?? ANY_HOST, {
    method,
    headers,
    ...(hasBody && { body: bodyOf(incoming), duplex: 'half' }),
  });
}

/**
 * Streams the body as the handler reads it, and not before. When the handler stops reading, we receive the rest and
 * drop it: closing the connection instead would often lose the answer.
 */
function bodyOf(incoming: IncomingMessage): ReadableStream<Uint8Array> {
  const chunks: AsyncIterator<Buffer> = incoming.iterator({ destroyOnReturn: false });
  return new ReadableStream(
    {
      pull: async (controller) => {
        const { done, value } = await chunks.next();
        if (done === true) controller.close();
        else controller.enqueue(value);
      },
      cancel: async () => {
        await chunks.return?.();
        incoming.resume();
      },
    },
    { highWaterMark: 0 },
  );
}
