import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { until } from '@comanda/kit';
import { RUN_TYPESCRIPT } from './run-typescript.js';

/** A process of a test, running a TypeScript file; it ends with the test. */
export class Child {
  readonly #process: ChildProcess;
  readonly #exited: Promise<unknown>;
  output = '';

  /** @param options passed to the file's main as JSON in its one argument */
  constructor(file: URL, options: object) {
    this.#process = spawn(
      process.execPath,
      [...RUN_TYPESCRIPT, fileURLToPath(file), JSON.stringify(options)],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    this.#exited = once(this.#process, 'close');
    for (const stream of [this.#process.stdout, this.#process.stderr])
      stream?.on('data', (chunk: Buffer) => {
        this.output += chunk.toString('utf8');
      });
  }

  async ready(): Promise<void> {
    await until(`the process is ready; it says: ${this.output}`, () => {
      if (this.#process.exitCode !== null) throw new Error(`the process ended:\n${this.output}`);
      return this.output.includes('ready\n');
    });
  }

  /** Ends with this signal; resolves with the exit code when it is gone. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    this.#process.kill(signal);
    await this.#exited;
    return this.#process.exitCode;
  }

  /** Its end by itself. */
  async exited(): Promise<number | null> {
    await this.#exited;
    return this.#process.exitCode;
  }
}
