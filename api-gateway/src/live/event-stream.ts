import { Readable } from 'node:stream';

/** How far a reader may be behind. */
const MOST_BYTES_BEHIND = 64 * 1024;
/** How soon a client that lost its stream comes back. */
const RETRY_MS = 1_000;

export interface SentEvent {
  /** What the client sends as `Last-Event-ID` when it comes back; left out: the one before it. */
  readonly id?: string;
  readonly event: string;
  readonly data: unknown;
}

/** Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html) as the body of an answer. */
export class EventStream {
  readonly body: Readable;

  /** @param behind how many bytes have left this stream and wait for the connection to take them */
  constructor(private readonly behind: () => number) {
    this.body = new Readable({ read: () => undefined });
    // A client learns at once that it is let in.
    this.#retryAfter(RETRY_MS);
  }

  get open(): boolean {
    return !this.body.destroyed && !this.body.readableEnded;
  }

  onClose(listener: () => void): void {
    this.body.once('close', listener);
  }

  send({ id, event, data }: SentEvent): void {
    // JSON has no line breaks, so it is one line of data.
    const named = id === undefined ? '' : `id: ${id}\n`;
    this.#write(`${named}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  /** Shows both ends, and what is between them, that the other one is there. */
  beat(): void {
    this.#write(':\n\n');
  }

  /** Ends it for this connection. The client is told to come back so much later than it would after a loss. */
  endFor(ms: number): void {
    this.#retryAfter(RETRY_MS + Math.round(ms));
    this.end();
  }

  /** What was sent before still reaches the client. */
  end(): void {
    if (this.open) this.body.push(null);
  }

  #retryAfter(ms: number): void {
    this.#write(`retry: ${ms}\n\n`);
  }

  #write(text: string): void {
    if (!this.open) return;
    this.body.push(text);
    // It reads too slowly, or not at all. It comes back, and hears what it has missed.
    if (this.body.readableLength + this.behind() > MOST_BYTES_BEHIND) this.body.destroy();
  }
}
