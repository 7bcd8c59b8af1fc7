/** Longer heads are read no further; Node's parser refuses them as well. */
const MAX_HEAD_BYTES = 16 * 1024;
const STATUS_LINE = /^HTTP\/\d\.\d[ \t]+(\d{3})(?:[ \t]|$)/;

/**
 * Reads the head of an answer from the bytes as they come, beside Node's parser. A receiver that has written its status
 * line has decided, so the status must be known even when what follows it is cut off or no HTTP; Node tells it only
 * after the last header. Interim answers (100 Continue, 103 Early Hints) are passed over.
 */
export class AnswerHead {
  #state: 'status' | 'interim' | 'fields' | 'ended' = 'status';
  #line = '';
  #size = 0;
  #status: number | undefined;
  readonly #fields: { readonly name: string; value: string }[] = [];

  /** Whether anything has come at all. */
  get begun(): boolean {
    return this.#size > 0;
  }

  /** The final status, once its whole line is read. */
  get status(): number | undefined {
    return this.#status;
  }

  /** Every value of a header, in order; the name in lower case. */
  values(name: string): string[] {
    return this.#fields.filter((field) => field.name === name).map(({ value }) => value);
  }

  read(chunk: Buffer): void {
    this.#size += chunk.length;
    if (this.#state === 'ended') return;
    const lines = (this.#line + chunk.toString('latin1')).split('\n');
    this.#line = lines.pop() ?? '';
    for (const line of lines) this.#take(line.replace(/\r$/, ''));
    if (this.#size > MAX_HEAD_BYTES && this.#status !== undefined) this.#state = 'ended';
    if (this.#line.length > MAX_HEAD_BYTES) this.#state = 'ended';
  }

  #take(line: string): void {
    if (this.#state === 'status' && line !== '') this.#begin(STATUS_LINE.exec(line)?.[1]);
    else if (this.#state === 'interim' && line === '') this.#state = 'status';
    else if (this.#state === 'fields' && line === '') this.#state = 'ended';
    else if (this.#state === 'fields') this.#addField(line);
  }

  #begin(code: string | undefined): void {
    const status = code === undefined ? undefined : Number(code);
    const interim = status !== undefined && status >= 100 && status < 200 && status !== 101;
    if (interim) this.#state = 'interim';
    else {
      this.#status = status;
      this.#state = status === undefined ? 'ended' : 'fields';
    }
  }

  #addField(line: string): void {
    const [, name, value = ''] = /^([^\s:]+)[ \t]*:[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
    if (name !== undefined) this.#fields.push({ name: name.toLowerCase(), value });
  }
}
