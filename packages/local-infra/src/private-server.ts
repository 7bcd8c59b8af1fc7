import { stripVTControlCharacters } from 'node:util';
import { describeExit, type ExitStatus, ManagedProcess, type ProcessSpec } from './managed-process.js';
import { poll } from './poll.js';

export interface ServerOptions {
  /** Where the server keeps its files; the same directory again means the same data again. */
  readonly directory: string;
  /** A free one when left out. */
  readonly port?: number;
  readonly onLine?: (line: string) => void;
  readonly readyTimeoutMs?: number;
  /** See `ProcessSpec.ownGroup`. */
  readonly ownGroup?: boolean;
}

export interface ServerSpec {
  readonly url: string;
  readonly port: number;
  readonly process: ProcessSpec;
  /** Whether it serves clients by now. */
  readonly answers: () => Promise<boolean>;
  readonly readyTimeoutMs: number;
  readonly stopGraceMs: number;
}

/** A server process of our own that can be stopped, killed and started again on the same port. */
export class PrivateServer {
  readonly url: string;
  readonly port: number;
  readonly #spec: ServerSpec;
  #process: ManagedProcess | undefined;

  constructor(spec: ServerSpec) {
    this.url = spec.url;
    this.port = spec.port;
    this.#spec = spec;
  }

  /** The pid of the server process itself, of the run that is on or was last. */
  get pid(): number {
    const pid = this.#process?.pid;
    if (pid === undefined) throw new Error(`${this.#spec.process.name} has no process`);
    return pid;
  }

  get running(): boolean {
    return this.#process?.running ?? false;
  }

  /**
   * Starts it; resolves when clients are served.
   *
   * @throws Error when it does not come up, with the end of its log
   */
  async start(): Promise<void> {
    if (this.running) throw new Error(`${this.#spec.process.name} is running already`);
    const started = new ManagedProcess(this.#spec.process);
    this.#process = started;
    try {
      await untilReady(started, this.#spec.answers, this.#spec.readyTimeoutMs);
    } catch (error) {
      await started.stop({ graceMs: 0 });
      throw error;
    }
  }

  /** Ends it in order; resolves when the process is gone. */
  async stop(): Promise<void> {
    await this.#process?.stop({ graceMs: this.#spec.stopGraceMs });
  }

  /** SIGKILL, as a power cut would do it; resolves when the process is gone. */
  async kill(): Promise<void> {
    this.#process?.kill('SIGKILL');
    await this.#process?.exited;
  }
}

/**
 * Waits until a process that was just started serves.
 *
 * @throws Error with the end of its log when it ends first, or takes longer than `timeoutMs`
 */
export async function untilReady(
  process: ManagedProcess,
  answers: () => Promise<boolean>,
  timeoutMs: number,
): Promise<void> {
  let ended: ExitStatus | undefined;
  process.exited.then((status) => {
    ended = status;
  });
  try {
    await poll(answers, {
      what: `${process.name} is ready`,
      timeoutMs,
      giveUp: () => {
        if (ended !== undefined) throw new Error(`it ended (${describeExit(ended)})`);
      },
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const log = process.tail(15).map(stripVTControlCharacters).join('\n');
    throw new Error(`${process.name} did not start: ${reason}\nThe end of its log:\n${log}`, {
      cause: error,
    });
  }
}
