import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Comanda, type StreamEvent } from './index.js';

/** A connection on which the test says what arrives. */
function connection() {
  let body: ReadableStreamDefaultController<Uint8Array> | undefined;
  const stream = new ReadableStream<Uint8Array>({
    start: (controller) => {
      body = controller;
    },
  });
  return {
    answer: new Response(stream, { headers: { 'content-type': 'text/event-stream' } }),
    say: (text: string) => body?.enqueue(new TextEncoder().encode(text)),
    sayBytes: (bytes: Uint8Array) => body?.enqueue(bytes),
    end: () => body?.close(),
    breakOff: (error: unknown = new TypeError('terminated')) => body?.error(error),
  };
}
type Connection = ReturnType<typeof connection>;

const event = (id: string, type: string, data: object) =>
  `id: ${id}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`;

/** A gateway that takes these connections, one after the other. */
function gateway(connections: readonly (Connection | Response)[]) {
  const asked: { url: string; headers: Headers; signal: AbortSignal | undefined }[] = [];
  const fetch = async (url: string | URL | Request, { headers, signal }: RequestInit = {}) => {
    const next = connections[asked.length];
    asked.push({ url: String(url), headers: new Headers(headers), signal: signal ?? undefined });
    if (next === undefined) throw new Error('it was asked too often');
    if (next instanceof Response) return next;
    signal?.addEventListener('abort', () => next.breakOff(signal.reason));
    return next.answer;
  };
  return { comanda: new Comanda('http://gateway.example', { token: 't-1' }, { fetch, retries: 1 }), asked };
}

const problem = (status: number, code: string) =>
  Response.json({ code }, { status, headers: { 'content-type': 'application/problem+json' } });

beforeEach(() => {
  jest.spyOn(Math, 'random').mockReturnValue(0);
});
afterEach(() => {
  jest.restoreAllMocks();
  jest.useRealTimers();
});

async function everything(stream: AsyncIterable<StreamEvent>): Promise<StreamEvent[]> {
  const events: StreamEvent[] = [];
  for await (const one of stream) events.push(one);
  return events;
}

describe('the stream of an order', () => {
  test('is what happens to it, until nothing more will', async () => {
    const open = connection();
    const { comanda, asked } = gateway([open]);
    const events = everything(comanda.orderStream('o 1'));
    open.say('retry: 1000\n\n:\n\n');
    const text =
      event('1', 'STEP', { status: 'CONFIRMED' }) + event('2', 'STEP', { status: 'FULFILLED', by: 'José' });
    // However TCP cuts it, also in the middle of a letter.
    for (const byte of new TextEncoder().encode(text)) open.sayBytes(new Uint8Array([byte]));
    expect(await events).toEqual([
      { id: '1', type: 'STEP', data: { status: 'CONFIRMED' } },
      { id: '2', type: 'STEP', data: { status: 'FULFILLED', by: 'José' } },
    ]);
    expect(asked[0]?.url).toBe('http://gateway.example/api/v1/orders/o%201/stream');
    expect(asked[0]?.headers.get('accept')).toBe('text/event-stream');
    expect(asked[0]?.headers.get('authorization')).toBe('Bearer t-1');
    expect(asked[0]?.headers.has('last-event-id')).toBe(false);
    expect(asked[0]?.signal?.aborted).toBe(true);
  });

  test('of which nothing is left to tell is over', async () => {
    const { comanda, asked } = gateway([new Response(null, { status: 204 })]);
    expect(await everything(comanda.orderStream('o', { lastEventId: '7' }))).toEqual([]);
    expect(asked[0]?.headers.get('last-event-id')).toBe('7');
  });

  test('that somebody may not see ends with an error', async () => {
    const { comanda, asked } = gateway([problem(404, 'UNKNOWN_ORDER')]);
    await expect(everything(comanda.orderStream('o'))).rejects.toMatchObject({ code: 'UNKNOWN_ORDER' });
    expect(asked).toHaveLength(1);
  });
});

describe('a live stream', () => {
  const seen = async (stream: AsyncGenerator<StreamEvent>) => (await stream.next()).value;

  test.each([
    ['breaks off', (one: Connection) => one.breakOff()],
    ['ends', (one: Connection) => one.end()],
  ])('that %s goes on after the last event, on another connection', async (_what, ends) => {
    const [first, second, third] = [connection(), connection(), connection()];
    const { comanda, asked } = gateway([first, problem(503, 'SERVICE_UNAVAILABLE'), second, third]);
    const stream = comanda.live(['orders', 'products']);
    first.say(event('a-1', 'ORDER_UPDATED', { n: 1 }));
    expect(await seen(stream)).toEqual({ id: 'a-1', type: 'ORDER_UPDATED', data: { n: 1 } });
    ends(first);
    second.say(`event: REFETCH\ndata: {}\n\n`);
    expect(await seen(stream)).toEqual({ id: undefined, type: 'REFETCH', data: {} });
    ends(second);
    third.say(event('a-2', 'ORDER_UPDATED', { n: 2 }));
    expect(await seen(stream)).toMatchObject({ id: 'a-2' });
    await stream.return();
    expect(asked.map(({ headers }) => headers.get('last-event-id'))).toEqual([null, 'a-1', 'a-1', 'a-1']);
    expect(new URL(asked[0]?.url ?? '').search).toBe('?topics=orders%2Cproducts');
  });

  test('that is left closes its connection', async () => {
    const open = connection();
    const { comanda, asked } = gateway([open]);
    open.say(event('1', 'STOCK_CHANGED', {}));
    for await (const _ of comanda.live(['products'])) break;
    expect(asked[0]?.signal?.aborted).toBe(true);
  });

  test('ends with the signal of the caller', async () => {
    const ends = new AbortController();
    const { comanda, asked } = gateway([connection()]);
    const events = everything(comanda.live(['orders'], { signal: ends.signal }));
    await new Promise(setImmediate);
    ends.abort(new Error('enough'));
    await expect(events).rejects.toThrow('enough');
    expect(asked).toHaveLength(1);
  });

  test('on which nothing is heard, not even a heart-beat, is opened again', async () => {
    jest.useFakeTimers();
    const [silent, second] = [connection(), connection()];
    const { comanda, asked } = gateway([silent, second]);
    const stream = comanda.live(['orders']);
    const next = seen(stream);
    for (let beats = 0; beats < 10; beats += 1) {
      silent.say(':\n\n');
      await jest.advanceTimersByTimeAsync(15_000);
    }
    expect(asked).toHaveLength(1);
    await jest.advanceTimersByTimeAsync(45_000);
    expect(asked).toHaveLength(2);
    second.say(event('1', 'ORDER_UPDATED', {}));
    expect(await next).toMatchObject({ id: '1' });
    await stream.return();
  });

  test('is not taken for silent while its reader is busy', async () => {
    jest.useFakeTimers();
    const open = connection();
    const { comanda, asked } = gateway([open]);
    const stream = comanda.live(['orders']);
    open.say(event('1', 'ORDER_UPDATED', {}));
    await seen(stream);
    await jest.advanceTimersByTimeAsync(600_000);
    open.say(event('2', 'ORDER_UPDATED', {}));
    expect(await seen(stream)).toMatchObject({ id: '2' });
    expect(asked).toHaveLength(1);
    await stream.return();
  });
});
