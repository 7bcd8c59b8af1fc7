import { createServer, type IncomingMessage, type Server } from 'node:http';
import { text } from 'node:stream/consumers';
import { listen } from '../listen.js';
import { done, type EngineAnswer, frames, notModified, refused, send } from './answer.js';
import { type Container, type ContainerProgram, ContainerSpec, ExecSpec, inspected } from './container.js';

/** One call as it came in. Ids are `c1`, `c2` ... for containers and `e1` ... for commands, so a test can name them. */
export interface EngineCall {
  readonly call: string;
  readonly body?: unknown;
}

interface DockerEngineOptions {
  /** The program of a container that was just created. */
  readonly program: (spec: ContainerSpec) => ContainerProgram;
}

/**
 * A stand-in for the HTTP API of a Docker engine, on loopback (`DOCKER_HOST=tcp://127.0.0.1:port`). It keeps the state
 * of containers as the engine does, and runs the programs that it is given in the place of images.
 *
 * @see https://docs.docker.com/reference/api/engine/version/v1.47/
 */
export class DockerEngine {
  readonly calls: EngineCall[] = [];
  readonly #containers = new Map<string, Container>();
  readonly #images = new Set<string>();
  readonly #commands: Awaited<ReturnType<ContainerProgram['exec']>>[] = [];
  readonly #server: Server;
  readonly #program: DockerEngineOptions['program'];
  #created = 0;

  private constructor({ program }: DockerEngineOptions) {
    this.#program = program;
    this.#server = createServer((request, response) => {
      this.#answer(request).then(
        (answer) => send(response, answer),
        (error: unknown) => send(response, refused(500, String(error))),
      );
    });
  }

  static async start(options: DockerEngineOptions): Promise<{ engine: DockerEngine; host: string }> {
    const engine = new DockerEngine(options);
    return { engine, host: `tcp://127.0.0.1:${await listen(engine.#server)}` };
  }

  /** The names of the containers that there are. */
  get containers(): string[] {
    return [...this.#containers.values()].map(({ name }) => name);
  }

  /** From here on only what follows is in `calls`. */
  forget(): void {
    this.calls.length = 0;
  }

  async stop(): Promise<void> {
    for (const { program } of this.#containers.values()) await program.kill();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #answer(request: IncomingMessage): Promise<EngineAnswer> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://engine');
    const path = decodeURIComponent(pathname);
    const call = `${request.method} ${path}${queryText(searchParams)}`;
    // Its request stays open: the command's standard input would follow.
    const starting = /^POST \/exec\/e(\d+)\/start$/.exec(`${request.method} ${path}`);
    const body = starting ? undefined : parsed(await text(request));
    this.calls.push({ call, ...(body !== undefined && { body }) });
    if (starting) return this.#output(Number(starting[1]));
    const [, kind = '', id = '', verb = ''] = path.split('/');
    if (kind === 'info') return { status: 200, body: { OperatingSystem: 'a stand-in', OSType: 'linux' } };
    if (kind === 'images') return this.#image(path.slice('/images/'.length), searchParams);
    if (kind === 'exec') return this.#exited(Number(id.slice(1)));
    if (kind !== 'containers') return refused(404, 'page not found');
    if (id === 'json') return { status: 200, body: [] };
    if (id === 'create') return this.#create(searchParams.get('name'), ContainerSpec.parse(body));
    const container = this.#containers.get(id) ?? this.#named(id);
    if (container === undefined) return refused(404, `No such container: ${id}`);
    return request.method === 'DELETE' ? this.#remove(container) : this.#act(container, verb, body);
  }

  #image(path: string, query: URLSearchParams): EngineAnswer {
    if (path === 'create') {
      this.#images.add(`${query.get('fromImage')}:${query.get('tag')}`);
      return { status: 200, body: { status: 'Download complete' } };
    }
    const image = path.replace(/\/json$/, '');
    return this.#images.has(image)
      ? { status: 200, body: { Id: image } }
      : refused(404, `No such image: ${image}`);
  }

  #create(name: string | null, spec: ContainerSpec): EngineAnswer {
    if (name !== null && this.#named(name)) return refused(409, `The name ${name} is in use`);
    this.#created += 1;
    const id = `c${this.#created}`;
    const program = this.#program(spec);
    this.#containers.set(id, { id, name: name ?? id, spec, program, state: 'created', startedAt: '' });
    return { status: 201, body: { Id: id, Warnings: [] } };
  }

  async #act(container: Container, verb: string, body: unknown): Promise<EngineAnswer> {
    const { program } = container;
    switch (verb) {
      case 'json':
        return { status: 200, body: inspected(container) };
      case 'logs':
        return frames(program.log);
      case 'start':
        return this.#run(container);
      case 'restart':
        if (isRunning(container)) await program.stop();
        return this.#run(container);
      case 'stop':
        return this.#end(container, () => program.stop(), notModified);
      case 'kill':
        return this.#end(container, () => program.kill(), refused(409, 'the container is not running'));
      case 'wait':
        return { status: 200, body: { StatusCode: 137 } };
      case 'pause':
        await program.pause();
        container.state = 'paused';
        return done;
      case 'unpause':
        await program.resume();
        container.state = 'running';
        return done;
      case 'exec':
        this.#commands.push(await program.exec(ExecSpec.parse(body).Cmd));
        return { status: 201, body: { Id: `e${this.#commands.length}` } };
      default:
        return refused(404, 'page not found');
    }
  }

  async #run(container: Container): Promise<EngineAnswer> {
    container.state = (await container.program.start()) === 'runs' ? 'running' : 'exited';
    container.startedAt = new Date().toISOString();
    return done;
  }

  async #end(container: Container, end: () => Promise<void>, when: EngineAnswer): Promise<EngineAnswer> {
    if (!isRunning(container)) return when;
    await end();
    container.state = 'exited';
    return done;
  }

  async #remove(container: Container): Promise<EngineAnswer> {
    if (isRunning(container)) await container.program.kill();
    this.#containers.delete(container.id);
    return done;
  }

  #output(number: number): EngineAnswer {
    const command = this.#commands[number - 1];
    return command === undefined ? refused(404, 'no such exec') : frames(command.stdout, command.stderr);
  }

  #exited(number: number): EngineAnswer {
    const command = this.#commands[number - 1];
    if (command === undefined) return refused(404, 'no such exec');
    return { status: 200, body: { ExitCode: command.exitCode, Running: false } };
  }

  #named(name: string): Container | undefined {
    return [...this.#containers.values()].find((container) => container.name === name);
  }
}

const isRunning = ({ state }: Container): boolean => state === 'running' || state === 'paused';

/** The client repeats the body of `create` in the query, where only the name is read, and sends what it leaves empty. */
function queryText(query: URLSearchParams): string {
  const creates = query.has('Image');
  const kept = [...query].filter(([name, value]) => value !== '' && (!creates || name === 'name'));
  return kept.length === 0 ? '' : `?${new URLSearchParams(kept)}`;
}

function parsed(body: string): unknown {
  return body === '' ? undefined : JSON.parse(body);
}
