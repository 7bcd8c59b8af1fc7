import { createHash } from 'node:crypto';
import { mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { withTimeout } from '@comanda/kit';
import {
  type ContainerRuntimeClient,
  GenericContainer,
  getContainerRuntimeClient,
  type StartedTestContainer,
} from 'testcontainers';
import { AnswersStrategy } from './answers-strategy.js';
import type { ContainerPlan, Server, ServerKind, ServerOptions } from './server.js';
import { didNotStart } from './until-ready.js';

const ENGINE_TIMEOUT_MS = 10_000;
const KEPT_LINES = 50;
const LOOPBACK = '127.0.0.1';

/** The engine that testcontainers finds: DOCKER_HOST, its own settings, or the usual sockets; undefined without one. */
export async function containerEngine(): Promise<ContainerRuntimeClient | undefined> {
  try {
    return await withTimeout(getContainerRuntimeClient(), ENGINE_TIMEOUT_MS, 'the engine');
  } catch {
    // testcontainers found none, or it does not answer; which ways it tried is of no use here.
    return undefined;
  }
}

/** A server in a container of its own. The container is kept while the server is stopped, and its data with it. */
export class ContainerServer implements Server {
  readonly url: string;
  readonly #lines: string[] = [];
  #container: StartedTestContainer | undefined;
  #state: 'stopped' | 'running' | 'paused' = 'stopped';

  constructor(
    private readonly server: {
      readonly engine: ContainerRuntimeClient;
      readonly kind: Pick<ServerKind, 'name' | 'url' | 'answers' | 'stopGraceMs' | 'readyTimeoutMs'>;
      readonly plan: ContainerPlan;
      readonly options: ServerOptions;
      readonly port: number;
    },
  ) {
    this.url = server.kind.url(hostOf(server.engine), server.port);
  }

  get port(): number {
    return this.server.port;
  }

  get directory(): string {
    return this.server.options.directory;
  }

  get running(): boolean {
    return this.#state !== 'stopped';
  }

  get runsAs(): string {
    return `container ${this.#started.getName().replace(/^\//, '')}`;
  }

  async start(): Promise<void> {
    if (this.running) throw new Error(`${this.server.kind.name} is running already`);
    try {
      if (this.#container === undefined) this.#container = await (await this.#describe()).start();
      else {
        await this.#container.restart();
        this.#follow(await this.#container.logs({ since: Math.floor(Date.now() / 1_000) }));
      }
    } catch (error) {
      throw didNotStart(this.server.plan.image, error, this.#lines);
    }
    this.#state = 'running';
  }

  async stop(): Promise<void> {
    if (!this.running) return;
    await this.resume();
    await this.#handle.stop({ t: this.server.kind.stopGraceMs / 1_000 });
    this.#state = 'stopped';
  }

  async kill(): Promise<void> {
    if (!this.running) return;
    await this.#handle.kill({ signal: 'SIGKILL' });
    await this.#handle.wait();
    this.#state = 'stopped';
  }

  async pause(): Promise<void> {
    if (this.#state !== 'running') return;
    await this.#handle.pause();
    this.#state = 'paused';
  }

  async resume(): Promise<void> {
    if (this.#state !== 'paused') return;
    await this.#handle.unpause();
    this.#state = 'running';
  }

  async exec(program: string, ...args: readonly string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await this.#started.exec([program, ...args]);
    if (exitCode !== 0) throw new Error(`${program} ended with code ${exitCode}: ${stderr || stdout}`);
    return stdout;
  }

  async discard(): Promise<void> {
    await this.resume();
    await this.#container?.stop({ timeout: this.server.kind.stopGraceMs, remove: true, removeVolumes: true });
    this.#container = undefined;
    this.#state = 'stopped';
  }

  get #started(): StartedTestContainer {
    if (this.#container === undefined) throw new Error(`${this.server.kind.name} was never started`);
    return this.#container;
  }

  /** The engine's own API, for calls that testcontainers lacks. */
  get #handle() {
    return this.server.engine.container.getById(this.#started.getId());
  }

  async #describe(): Promise<GenericContainer> {
    const { engine, kind, plan, options } = this.server;
    const { image, port, command = [], env = {} } = plan;
    const timeoutMs = options.readyTimeoutMs ?? kind.readyTimeoutMs;
    const container = new PrivateContainer(image)
      .withFixedPort(port, this.port, isHere(engine))
      .withEnvironment(env)
      // RabbitMQ stores its data under the host's name.
      .withHostname(`comanda-${kind.name.toLowerCase()}`)
      .withLogConsumer((log) => this.#follow(log))
      .withWaitStrategy(new AnswersStrategy(() => kind.answers(this.url), timeoutMs));
    if (command.length > 0) container.withCommand([...command]);
    if (options.keepData) await this.#keepData(container);
    return container;
  }

  /** In a folder of its own: the files of a process belong to another user and perhaps to another version. */
  async #keepData(container: GenericContainer): Promise<void> {
    const folder = join(this.directory, 'container');
    mkdirSync(folder, { recursive: true });
    const source = realpathSync(folder);
    // One container for each folder: a second checkout on the same machine has a name of its own.
    const hash = createHash('sha256').update(source).digest('hex').slice(0, 8);
    const name = `comanda-${this.server.kind.name.toLowerCase()}-${hash}`;
    await this.#removeLeftover(name);
    container
      .withName(name)
      .withBindMounts([{ source, target: this.server.plan.dataPath }])
      // Without the helper container that removes what a test run left behind: the name finds it, too.
      .withAutoCleanup(false);
  }

  /** Removes the container that a killed launcher left behind. Its data are in the folder. */
  async #removeLeftover(name: string): Promise<void> {
    try {
      await this.server.engine.container.getById(name).remove({ force: true });
    } catch (error) {
      if (!(error instanceof Error && 'statusCode' in error && error.statusCode === 404)) throw error;
    }
  }

  #follow(log: Readable): void {
    createInterface({ input: log, crlfDelay: Number.POSITIVE_INFINITY }).on('line', (line) => {
      this.#lines.push(line);
      if (this.#lines.length > KEPT_LINES) this.#lines.shift();
      this.server.options.onLine?.(stripVTControlCharacters(line));
    });
  }
}

class PrivateContainer extends GenericContainer {
  /** testcontainers would publish the port on all interfaces, and the default account of RabbitMQ with it. */
  withFixedPort(port: number, hostPort: number, onLoopback: boolean): this {
    this.withExposedPorts({ container: port, host: hostPort });
    const binding = { HostPort: String(hostPort), ...(onLoopback && { HostIp: LOOPBACK }) };
    this.hostConfig.PortBindings = { [`${port}/tcp`]: [binding] };
    return this;
  }
}

/** Whether the engine's containers can be reached on our loopback: not one elsewhere, nor from within a container. */
const isHere = (engine: ContainerRuntimeClient): boolean =>
  ['localhost', LOOPBACK].includes(engine.info.containerRuntime.host);

const hostOf = (engine: ContainerRuntimeClient): string =>
  isHere(engine) ? LOOPBACK : engine.info.containerRuntime.host;
