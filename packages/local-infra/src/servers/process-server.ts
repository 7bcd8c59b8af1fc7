import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify, stripVTControlCharacters } from 'node:util';
import { ManagedProcess, type ProcessSpec } from '../managed-process.js';
import { endTree } from './process-tree.js';
import type { ProcessPlan, Server, ServerKind, ServerOptions } from './server.js';
import { untilReady } from './until-ready.js';

const TOOL_TIMEOUT_MS = 60_000;

/** A server as a process of ours, from the programs that are installed on this machine. */
export class ProcessServer implements Server {
  readonly url: string;
  readonly port: number;
  readonly directory: string;
  readonly #kind: Pick<ServerKind, 'name' | 'answers' | 'stopGraceMs'>;
  readonly #readyTimeoutMs: number;
  readonly #plan: ProcessPlan;
  readonly #spec: ProcessSpec;
  #process: ManagedProcess | undefined;

  constructor(server: {
    readonly kind: Pick<ServerKind, 'name' | 'url' | 'answers' | 'stopGraceMs' | 'readyTimeoutMs'>;
    readonly options: ServerOptions;
    readonly port: number;
    readonly plan: ProcessPlan;
  }) {
    const { kind, options, port, plan } = server;
    const { directory, onLine, ownGroup, readyTimeoutMs = kind.readyTimeoutMs } = options;
    const { tools: _, ...process } = plan;
    this.url = kind.url('127.0.0.1', port);
    this.port = port;
    this.directory = directory;
    this.#kind = kind;
    this.#readyTimeoutMs = readyTimeoutMs;
    this.#plan = plan;
    this.#spec = {
      ...process,
      name: kind.name,
      cwd: directory,
      ...(ownGroup !== undefined && { ownGroup }),
      ...(onLine !== undefined && { onLine: (line: string) => onLine(stripVTControlCharacters(line)) }),
    };
  }

  get running(): boolean {
    return this.#process?.running ?? false;
  }

  get runsAs(): string {
    return `process ${this.#process?.pid}`;
  }

  async start(): Promise<void> {
    if (this.running) throw new Error(`${this.#kind.name} is running already`);
    const started = new ManagedProcess(this.#spec);
    this.#process = started;
    try {
      await untilReady(started, () => this.#kind.answers(this.url), this.#readyTimeoutMs);
    } catch (error) {
      await started.stop({ graceMs: 0 });
      throw error;
    }
  }

  async stop(): Promise<void> {
    await this.#process?.stop({ graceMs: this.#kind.stopGraceMs });
  }

  async kill(): Promise<void> {
    if (this.#process !== undefined) await endTree(this.#process);
  }

  async pause(): Promise<void> {
    this.#process?.kill('SIGSTOP');
  }

  async resume(): Promise<void> {
    this.#process?.kill('SIGCONT');
  }

  async exec(program: string, ...args: readonly string[]): Promise<string> {
    const { stdout } = await promisify(execFile)(join(this.#plan.tools, program), [...args], {
      env: this.#plan.env,
      timeout: TOOL_TIMEOUT_MS,
    });
    return stdout;
  }

  discard(): Promise<void> {
    return this.stop();
  }
}
