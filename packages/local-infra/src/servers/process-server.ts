import { execFile } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { promisify, stripVTControlCharacters } from 'node:util';
import { ManagedProcess } from '../managed-process.js';
import { endTree } from './process-tree.js';
import type { ProcessPlan, Server, ServerKind, ServerOptions } from './server.js';
import { untilReady } from './until-ready.js';

const TOOL_TIMEOUT_MS = 60_000;

/** A server as a process of ours, from the programs that are installed on this machine. */
export class ProcessServer implements Server {
  readonly url: string;
  #process: ManagedProcess | undefined;

  constructor(
    private readonly server: {
      readonly kind: Pick<ServerKind, 'name' | 'url' | 'answers' | 'stopGraceMs' | 'readyTimeoutMs'>;
      readonly options: ServerOptions;
      readonly port: number;
      readonly plan: ProcessPlan;
    },
  ) {
    this.url = server.kind.url('127.0.0.1', server.port);
  }

  get port(): number {
    return this.server.port;
  }

  get directory(): string {
    return this.server.options.directory;
  }

  get running(): boolean {
    return this.#process?.running ?? false;
  }

  /** Of its present process, or of the last one. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  get runsAs(): string {
    return `process ${this.pid}`;
  }

  async start(): Promise<void> {
    const { kind, plan, options } = this.server;
    const { directory, onLine, ownGroup, readyTimeoutMs = kind.readyTimeoutMs } = options;
    if (this.running) throw new Error(`${kind.name} is running already`);
    const { tools: _, ...program } = plan;
    const started = new ManagedProcess({
      ...program,
      name: kind.name,
      cwd: directory,
      ...(ownGroup !== undefined && { ownGroup }),
      ...(onLine !== undefined && { onLine: (line: string) => onLine(stripVTControlCharacters(line)) }),
    });
    this.#process = started;
    await untilReady(started, () => kind.answers(this.url), readyTimeoutMs);
  }

  async stop(): Promise<void> {
    await this.#process?.stop({ graceMs: this.server.kind.stopGraceMs });
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
    const { stdout } = await promisify(execFile)(join(this.server.plan.tools, program), [...args], {
      env: this.server.plan.env,
      timeout: TOOL_TIMEOUT_MS,
    });
    return stdout;
  }

  /** In which its tools are found and reach it. */
  get environment(): NodeJS.ProcessEnv {
    const { env, tools } = this.server.plan;
    return { ...env, PATH: [tools, env?.PATH].join(delimiter) };
  }

  discard(): Promise<void> {
    return this.stop();
  }
}
