import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '@comanda/kit';
import { describeExit, type ExitStatus, ManagedProcess, type ProcessSpec } from './managed-process.js';
import { answersOk, untilReady } from './servers/until-ready.js';

export interface InstanceSpec {
  /** `orders`, and `orders#2` for a second one. */
  readonly name: string;
  /** Where it serves health. */
  readonly port: number;
  readonly process: ProcessSpec;
  readonly readyTimeoutMs: number;
  readonly stopGraceMs: number;
  /** When given, it is called whenever the service dies by itself; the service is restarted after 1, 2, 4 ... 30 s. */
  readonly announce?: (message: string) => void;
}

const MAX_BACKOFF_S = 30;
/** After a run of this length a death counts as the first one again. */
const STEADY_MS = 60_000;

/** One running service: started, watched and, when supervised, brought back. */
export class ServiceInstance {
  readonly #shutdown = new AbortController();
  #process: ManagedProcess | undefined;
  #wanted = false;
  #root: string | undefined;

  constructor(private readonly spec: InstanceSpec) {
    this.#root = spec.process.cwd;
  }

  get name(): string {
    return this.spec.name;
  }

  get port(): number {
    return this.spec.port;
  }

  /** The process of the present run, or of the last one. */
  get process(): ManagedProcess {
    if (this.#process === undefined) throw new Error(`${this.name} was never started`);
    return this.#process;
  }

  /** Its program is that of another folder with services, from the next start on. */
  comesFrom(root: string): void {
    this.#root = root;
  }

  /**
   * Starts it; resolves when `/health/ready` answers 200.
   *
   * @param env settings on top, for this run alone
   * @throws Error with the end of its log when it does not get there
   */
  async start(env: Readonly<Record<string, string>> = {}): Promise<void> {
    if (this.#process?.running) throw new Error(`${this.name} is running already`);
    this.#wanted = true;
    await this.#launch(env);
    if (this.spec.announce !== undefined) void this.#superviseFrom(this.process, this.spec.announce);
  }

  /** SIGKILL; resolves when the process is gone. To a supervisor this is a death like any other. */
  async kill(): Promise<ExitStatus> {
    this.process.kill('SIGKILL');
    return this.process.exited;
  }

  /** SIGTERM, and time to finish the work in hand; undefined when it was never started. */
  async stop(): Promise<ExitStatus | undefined> {
    this.#wanted = false;
    return this.#process?.stop({ graceMs: this.spec.stopGraceMs });
  }

  /** Stops it for good, also when a supervisor is just about to bring it back. */
  async retire(): Promise<ExitStatus | undefined> {
    this.#shutdown.abort();
    return this.stop();
  }

  async #launch(env: Readonly<Record<string, string>> = {}): Promise<void> {
    const { process } = this.spec;
    const launched = new ManagedProcess({
      ...process,
      ...(this.#root !== undefined && { cwd: this.#root }),
      env: { ...process.env, ...env },
    });
    this.#process = launched;
    await untilReady(launched, () => answersOk(this.port, '/health/ready'), this.spec.readyTimeoutMs);
  }

  async #superviseFrom(first: ManagedProcess, announce: (message: string) => void): Promise<void> {
    let watched = first;
    let deaths = 0;
    for (;;) {
      const since = performance.now();
      const status = await watched.exited;
      if (!this.#wanted) return;
      if (performance.now() - since > STEADY_MS) deaths = 0;
      const seconds = backoffSeconds(deaths);
      deaths += 1;
      announce(`${this.name} died (${describeExit(status)}); starting it again in ${seconds} s`);
      if (!(await this.#waited(seconds))) return;
      await this.#launch().then(
        () => announce(`${this.name} is back`),
        (error: unknown) => announce(messageOf(error)),
      );
      watched = this.process;
    }
  }

  /** False when the service has to stay down. */
  async #waited(seconds: number): Promise<boolean> {
    const { signal } = this.#shutdown;
    await delay(seconds * 1000, undefined, { signal }).catch(() => undefined);
    return this.#wanted && !signal.aborted;
  }
}

/** 1, 2, 4, 8, 16, 30, 30 ... for the first, second ... death in a row. */
export function backoffSeconds(deathsBefore: number): number {
  return Math.min(2 ** deathsBefore, MAX_BACKOFF_S);
}
