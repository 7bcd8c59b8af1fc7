import { createParser } from 'eventsource-parser';

export interface ReadEvent {
  readonly id: string | undefined;
  readonly event: string | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever came
  readonly data: any;
}

/** A client of server-sent events. The stream is taken apart by a parser that others wrote. */
export class EventReader {
  readonly events: ReadEvent[] = [];
  /** How many comments came. */
  beats = 0;
  /** Resolves when the stream is over: the server ended it, broke it, or we went away. */
  readonly ended: Promise<void>;
  over = false;

  private constructor(
    private readonly response: Response,
    private readonly abort: AbortController,
  ) {
    this.ended = this.#read().finally(() => {
      this.over = true;
    });
  }

  static async open(url: string, headers: Record<string, string> = {}): Promise<EventReader> {
    const abort = new AbortController();
    return new EventReader(await fetch(url, { headers, signal: abort.signal }), abort);
  }

  /** Reads an answer that is there already; `abort` must end it. */
  static of(response: Response, abort: AbortController): EventReader {
    return new EventReader(response, abort);
  }

  get status(): number {
    return this.response.status;
  }

  get headers(): Headers {
    return this.response.headers;
  }

  /** Of the last event that had one. */
  get lastId(): string | undefined {
    return this.events.findLast(({ id }) => id !== undefined)?.id;
  }

  /** The data of all events of this name. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever came
  of(event: string): any[] {
    return this.events.filter((one) => one.event === event).map(({ data }) => data);
  }

  async close(): Promise<void> {
    this.abort.abort();
    await this.ended;
  }

  async #read(): Promise<void> {
    if (!this.headers.get('content-type')?.startsWith('text/event-stream')) {
      await this.response.body?.cancel();
      return;
    }
    const parser = createParser({
      onEvent: ({ id, event, data }) => this.events.push({ id, event, data: JSON.parse(data) }),
      onComment: () => {
        this.beats++;
      },
      onError: (error) => {
        throw error;
      },
    });
    const decoder = new TextDecoder();
    try {
      for await (const bytes of this.response.body ?? [])
        parser.feed(decoder.decode(bytes, { stream: true }));
    } catch (error) {
      // Broken off: by us, or with its server.
      if (!this.abort.signal.aborted && !String(error).includes('terminated')) throw error;
    }
  }
}
