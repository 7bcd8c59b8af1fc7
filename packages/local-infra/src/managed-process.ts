import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Owner } from './owner.js';
import { dyingWithParent } from './parent-death.js';

export interface ProcessSpec {
  /** What people call it; used in messages only. */
  readonly name: string;
  readonly command: string;
  readonly args?: readonly string[];
  readonly cwd?: string;
  /** The whole environment of the child; that of this process when left out. */
  readonly env?: NodeJS.ProcessEnv;
  /**
   * A process group of its own, so that Ctrl-C in the terminal reaches only the launcher, which then stops its
   * children in the right order.
   */
  readonly ownGroup?: boolean;
  /** The user that it runs as; our own when left out. */
  readonly owner?: Owner;
  /** The signal that makes it end in order; SIGTERM when left out. */
  readonly stopSignal?: NodeJS.Signals;
  /** How many of the last lines of output `tail` can give back. */
  readonly keepLines?: number;
  readonly onLine?: (line: string, stream: 'stdout' | 'stderr') => void;
}

export interface ExitStatus {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Set when the process could not be started at all. */
  readonly error?: Error;
}

const DEFAULT_GRACE_MS = 15_000;
const DEFAULT_KEEP_LINES = 200;

const alive = new Set<ManagedProcess>();
let exitHookInstalled = false;

/**
 * One child process, started on construction, known by its own pid and never by its name; it ends when we end.
 * Starting never throws: a failure shows in `exited`.
 */
export class ManagedProcess {
  readonly name: string;
  /** Settles once, when the process has ended and its output was read to the end. Never rejects. */
  readonly exited: Promise<ExitStatus>;
  readonly #child: ChildProcess;
  readonly #lines: string[] = [];
  readonly #keep: number;
  readonly #stopSignal: NodeJS.Signals;
  #status: ExitStatus | undefined;

  constructor(spec: ProcessSpec) {
    this.name = spec.name;
    this.#keep = spec.keepLines ?? DEFAULT_KEEP_LINES;
    this.#stopSignal = spec.stopSignal ?? 'SIGTERM';
    const { command, args } = dyingWithParent(spec.command, spec.args ?? [], spec.stopSignal);
    this.#child = spawn(command, args, {
      cwd: spec.cwd,
      env: spec.env,
      detached: spec.ownGroup ?? false,
      ...spec.owner,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#read('stdout', spec.onLine);
    this.#read('stderr', spec.onLine);
    this.exited = this.#watch();
    alive.add(this);
    installExitHook();
  }

  /** Undefined only when the process could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  get running(): boolean {
    return this.#status === undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** The last lines that it wrote, oldest first. */
  tail(count = 20): string[] {
    return this.#lines.slice(-count);
  }

  /** Sends a signal to this process, SIGKILL by default. Returns whether there was a process to send it to. */
  kill(signal: NodeJS.Signals = 'SIGKILL'): boolean {
    return this.running && this.#child.kill(signal);
  }

  /**
   * SIGTERM or what the process wants instead, then SIGKILL when it has not ended within the grace. A paused process is
   * woken first.
   */
  async stop(options: { graceMs?: number } = {}): Promise<ExitStatus> {
    this.kill(this.#stopSignal);
    this.kill('SIGCONT');
    const force = setTimeout(() => this.kill('SIGKILL'), options.graceMs ?? DEFAULT_GRACE_MS);
    try {
      return await this.exited;
    } finally {
      clearTimeout(force);
    }
  }

  #read(stream: 'stdout' | 'stderr', onLine: ProcessSpec['onLine']): void {
    const input = this.#child[stream];
    if (input === null) return;
    createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY }).on('line', (line) => {
      this.#lines.push(line);
      if (this.#lines.length > this.#keep) this.#lines.shift();
      onLine?.(line, stream);
    });
  }

  #watch(): Promise<ExitStatus> {
    return new Promise((resolve) => {
      const settle = (status: ExitStatus): void => {
        this.#status ??= status;
        alive.delete(this);
        resolve(this.#status);
      };
      this.#child.once('error', (error) => {
        // Emitted for a failed kill too; only a process that never got a pid has failed to start.
        if (this.#child.pid === undefined) settle({ code: null, signal: null, error });
      });
      this.#child.once('close', (code, signal) => settle({ code, signal }));
    });
  }
}

/** "code 1", "SIGKILL" or why it did not start: for messages. */
export function describeExit({ code, signal, error }: ExitStatus): string {
  if (error !== undefined) return `could not be started: ${error.message}`;
  return signal ?? `code ${code}`;
}

function installExitHook(): void {
  if (exitHookInstalled) return;
  exitHookInstalled = true;
  // Nothing can be awaited at this point, so the remaining processes get the one signal that can't be ignored.
  process.on('exit', () => {
    for (const child of alive) child.kill('SIGKILL');
  });
}
