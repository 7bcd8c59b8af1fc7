import { type Authorize, authorizing, type Credentials } from './credentials.js';
import {
  type AnswerOf,
  type Arguments,
  type InputOf,
  type ItemOf,
  type ListPath,
  type Method,
  type Operation,
  type PathOf,
  VERSION,
} from './routes.js';
import {
  type Connect,
  eventsOf,
  type OrderStreamEvent,
  type StreamEvent,
  type StreamOptions,
} from './streams.js';
import { type Call, Transport, type TransportOptions } from './transport.js';

export interface CallOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** For a POST. Where none is given one is made, the same for all tries. */
  readonly idempotencyKey?: string;
}

/** A whole answer; `body` is `undefined` where it has none. */
export interface Answer<Body> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}

type ArgumentsOf<M extends Method, P extends PathOf<M>> = Arguments<InputOf<Operation<M, P>>, CallOptions>;
type BodyOf<M extends Method, P extends PathOf<M>> = AnswerOf<Operation<M, P>>;

/** What a request says, whatever its route. */
interface Input extends CallOptions {
  readonly path?: Readonly<Record<string, unknown>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
}

/** No answer with a token or a ticket is kept under a key, nor is what holds a password; and to log out twice is to log out. */
const TAKE_NO_KEY = [
  '/auth/token',
  '/auth/logout',
  '/auth/switch',
  '/auth/accept-invitation',
  '/me/password',
  '/live/tickets',
];

/** A gateway that is gone for a minute and a half may come back. */
const STREAM_RETRIES = 20;

/**
 * The REST API as one caller sees it:
 *
 *     const comanda = new Comanda('https://shop.example', { apiKey });
 *     const { orderId } = await comanda.post('/orders', { body: { items: [{ productId, quantity: 2 }] } });
 *     const order = await comanda.get('/orders/{orderId}', { path: { orderId } });
 *
 * Types are those of docs/openapi.json. Answers are not checked again here: the gateway's own tests hold them against it.
 */
export class Comanda {
  readonly #url: string;
  readonly #transport: Transport;
  readonly #authorize: Authorize;

  /** @param url of the gateway, like `https://shop.example` */
  constructor(url: string, credentials?: Credentials, options: TransportOptions = {}) {
    this.#url = url.replace(/\/+$/, '') + VERSION;
    this.#transport = new Transport(options);
    const asAnyone = () => new Comanda(url, undefined, options);
    this.#authorize = authorizing(credentials, {
      logIn: (body) => asAnyone().post('/auth/token', { body }),
      refresh: (refreshToken) => asAnyone().post('/auth/refresh', { body: { refreshToken } }),
    });
  }

  async get<P extends PathOf<'get'>>(path: P, ...input: ArgumentsOf<'get', P>): Promise<BodyOf<'get', P>> {
    return (await this.send('get', path, ...input)).body;
  }

  async post<P extends PathOf<'post'>>(
    path: P,
    ...input: ArgumentsOf<'post', P>
  ): Promise<BodyOf<'post', P>> {
    return (await this.send('post', path, ...input)).body;
  }

  async patch<P extends PathOf<'patch'>>(
    path: P,
    ...input: ArgumentsOf<'patch', P>
  ): Promise<BodyOf<'patch', P>> {
    return (await this.send('patch', path, ...input)).body;
  }

  async delete<P extends PathOf<'delete'>>(
    path: P,
    ...input: ArgumentsOf<'delete', P>
  ): Promise<BodyOf<'delete', P>> {
    return (await this.send('delete', path, ...input)).body;
  }

  /** The answer with its status and headers. */
  async send<M extends Method, P extends PathOf<M>>(
    method: M,
    path: P,
    ...[input]: ArgumentsOf<M, P>
  ): Promise<Answer<BodyOf<M, P>>> {
    return await this.#transport.send(
      this.#call(method, path, input ?? {}),
      this.#authorize,
      wholeAnswer<BodyOf<M, P>>,
    );
  }

  /** Everything in a list, page by page as it is read. */
  async *each<P extends ListPath>(
    path: P,
    ...[input]: ArgumentsOf<'get', P>
  ): AsyncGenerator<ItemOf<P>, void, void> {
    const first: Input = input ?? {};
    let cursor: string | null | undefined;
    do {
      const query = { ...first.query, cursor };
      const call = this.#call('get', path, { ...first, query });
      const { body } = await this.#transport.send(call, this.#authorize, wholeAnswer<Page<ItemOf<P>>>);
      yield* body.items;
      cursor = body.nextCursor;
    } while (cursor !== null);
  }

  /** What happens to an order, until nothing more will. */
  orderStream(orderId: string, options: StreamOptions = {}): AsyncGenerator<OrderStreamEvent, void, void> {
    const connect = this.#connect('/orders/{orderId}/stream', { path: { orderId } });
    // Taken for what docs/asyncapi.json says of it, as every answer for what docs/openapi.json does.
    return eventsOf(connect, options, isFinal) as AsyncGenerator<OrderStreamEvent, void, void>;
  }

  /** What happens in the shop. */
  live(topics: readonly string[], options: StreamOptions = {}): AsyncGenerator<StreamEvent, void, void> {
    return eventsOf(this.#connect('/live', { query: { topics: topics.join(',') } }), options, () => false);
  }

  #connect(path: string, input: Input): Connect {
    return (lastEventId, signal) => {
      const headers = {
        accept: 'text/event-stream',
        ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
      };
      const call = { ...this.#call('get', path, { ...input, headers, signal }), retries: STREAM_RETRIES };
      return this.#transport.send(call, this.#authorize, async (response) => response);
    };
  }

  #call(method: Method, path: string, { path: names = {}, query = {}, body, ...options }: Input): Call {
    const url = new URL(
      this.#url + path.replaceAll(/\{(\w+)\}/g, (_, name: string) => segment(name, names[name])),
    );
    for (const [name, value] of Object.entries(query))
      for (const one of Array.isArray(value) ? value : [value])
        if (one !== undefined && one !== null) url.searchParams.append(name, String(one));
    const key =
      method === 'post' && !TAKE_NO_KEY.includes(path) ? (options.idempotencyKey ?? newKey()) : undefined;
    return {
      method: method.toUpperCase(),
      url,
      headers: {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(key !== undefined && { 'idempotency-key': key }),
        ...options.headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: options.signal,
      repeatable: method === 'get' || method === 'delete' || key !== undefined,
    };
  }
}

interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
}

/** An empty one would ask for another route. */
function segment(name: string, value: unknown): string {
  if (typeof value !== 'string' || value === '') throw new TypeError(`path.${name} is missing`);
  return encodeURIComponent(value);
}

/** `crypto.randomUUID` is not there on pages without TLS. */
const newKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join(
    '',
  );

/** Its type is what the document says of the route; nothing here looks whether that is true. */
async function wholeAnswer<Body>(response: Response): Promise<Answer<Body>> {
  const { status, headers } = response;
  const text = await response.text();
  const json = text !== '' && (headers.get('content-type') ?? '').includes('json');
  return { status, headers, body: (json ? JSON.parse(text) : text || undefined) as Body };
}

/** The statuses that no other follows. */
const FINAL_STATUSES: readonly unknown[] = ['FULFILLED', 'REJECTED', 'CANCELLED'];

const isFinal = ({ data }: StreamEvent): boolean =>
  typeof data === 'object' && data !== null && 'status' in data && FINAL_STATUSES.includes(data.status);
