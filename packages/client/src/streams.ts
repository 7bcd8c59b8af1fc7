import { createParser } from 'eventsource-parser';
import type { components } from './generated/api.js';
import { pause } from './pause.js';

/** One server-sent event. */
export interface StreamEvent {
  /** What a stream goes on after when it is begun again with it (`lastEventId`). */
  readonly id: string | undefined;
  readonly type: string;
  readonly data: unknown;
}

/** What the stream of an order says: its steps, and the status that no other follows. */
export type OrderStreamEvent = Pick<StreamEvent, 'id'> &
  (
    | { readonly type: 'step'; readonly data: components['schemas']['TimelineStep'] }
    | {
        readonly type: 'end';
        readonly data: { readonly status: components['schemas']['OrderStatus'] };
      }
  );

export interface StreamOptions {
  /** Ends the stream: its loop throws what the signal was aborted with. */
  readonly signal?: AbortSignal;
  /** The id of the last event that was seen; without it the stream begins with what happens from now on. */
  readonly lastEventId?: string;
}

/** Opens a connection; it tries more than once, and what it throws in the end ends the stream. */
export type Connect = (lastEventId: string | undefined, signal: AbortSignal) => Promise<Response>;

/** The API lets hear of itself every 15 s; where nothing is heard for three times as long nobody is there any more. */
const SILENCE_MS = 45_000;
const PAUSE_MS = 1_000;

/**
 * The events of a stream, across connections: one that breaks off is opened again, after the last event that was seen.
 * Whoever leaves the loop closes the connection.
 *
 * @param isLast nothing follows after this event
 */
export async function* eventsOf(
  connect: Connect,
  { signal, lastEventId }: StreamOptions,
  isLast: (event: StreamEvent) => boolean,
): AsyncGenerator<StreamEvent, void, void> {
  let last = lastEventId;
  for (;;) {
    const connection = new AbortController();
    try {
      const ends = signal ? AbortSignal.any([signal, connection.signal]) : connection.signal;
      const response = await connect(last, ends);
      // How server-sent events say: do not come back.
      if (response.status === 204) return;
      for await (const event of untilItBreaksOff(response, connection)) {
        last = event.id ?? last;
        yield event;
        if (isLast(event)) return;
      }
    } finally {
      connection.abort();
    }
    await pause(Math.random() * PAUSE_MS, signal);
  }
}

async function* untilItBreaksOff(
  { body }: Response,
  connection: AbortController,
): AsyncGenerator<StreamEvent> {
  if (body === null) return;
  const arrived: StreamEvent[] = [];
  const parser = createParser({
    onEvent: ({ id, event = 'message', data }) => arrived.push({ id, type: event, data: JSON.parse(data) }),
  });
  const decoder = new TextDecoder();
  const reader = body.getReader();
  for (;;) {
    const silence = setTimeout(() => connection.abort(), SILENCE_MS);
    // However a connection ends, what is to be done about it is the same: open another one.
    const read = await reader.read().catch(() => undefined);
    clearTimeout(silence);
    if (read === undefined || read.done) return;
    parser.feed(decoder.decode(read.value, { stream: true }));
    yield* arrived.splice(0);
  }
}
