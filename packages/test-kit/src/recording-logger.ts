import type { Logger } from '@comanda/kit';

export interface Line {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly fields: Record<string, unknown>;
  readonly message: string;
}

/** A logger that keeps its lines for the test to read. */
export class RecordingLogger implements Logger {
  readonly lines: Line[] = [];
  readonly debug = this.#keep('debug');
  readonly info = this.#keep('info');
  readonly warn = this.#keep('warn');
  readonly error = this.#keep('error');

  said(text: string): Line[] {
    return this.lines.filter(({ message }) => message.includes(text));
  }

  #keep(level: Line['level']) {
    return (fields: object, message: string): void => {
      this.lines.push({ level, fields: fields as Record<string, unknown>, message });
    };
  }
}
