import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  ALLOCATOR_SETTINGS,
  DATABASE_OWNERS,
  type DatabaseName,
  type DatabaseOwner,
  perDatabase,
  type Service,
  type ServiceName,
  serviceNamed,
} from '@comanda/contracts';
import { freePort } from './free-port.js';
import type { ExitStatus, ManagedProcess } from './managed-process.js';
import { REPOSITORY } from './repository.js';
import { ServiceInstance } from './service-instance.js';
import { inheritedEnvironment, type ServicePorts, serviceEnvironment } from './services.js';

export interface PlatformOptions {
  /** Where the SQLite files live; the same directory again means the same data again. */
  readonly directory: string;
  readonly rabbitUrl: string;
  readonly redisUrl: string;
  /** Configuration on top of what `serviceEnvironment` gives. */
  readonly env?: Readonly<Record<string, string>>;
  /** The same for one service, on top of all that. */
  readonly envOf?: (service: ServiceName) => Readonly<Record<string, string>>;
  /** `free` when left out. */
  readonly ports?: 'free' | 'default' | ServicePorts;
  /** How many of each service; one when left out. */
  readonly instances?: Partial<Record<DatabaseName, number>>;
  /** Only these services; all that keep a database when left out. */
  readonly only?: readonly DatabaseName[];
  readonly onLine?: (instance: string, line: string) => void;
  /** Called with the name of each instance that got ready. */
  readonly onReady?: (instance: string) => void;
  /** When given, it is called when a service dies, and the service is started again with backoff. */
  readonly supervise?: (message: string) => void;
  /** See `ProcessSpec.ownGroup`. */
  readonly ownGroup?: boolean;
  readonly readyTimeoutMs?: number;
  /** The folder that contains the services' folders; this repository when left out. */
  readonly root?: string;
}

export interface Platform {
  /** The gateway, without a slash at the end. */
  readonly url: string;
  readonly ports: ServicePorts;
  /** Every instance by name (`orders`, `orders#2`) with its present process. */
  readonly services: ReadonlyMap<string, ManagedProcess>;
  /** Where each instance serves HTTP, by its name; without a slash at the end. */
  readonly urls: ReadonlyMap<string, string>;
  /** Where each instance serves health with its details and metrics: its own port, but for a gateway. */
  readonly operatorUrls: ReadonlyMap<string, string>;
  kill(instance: string): Promise<ExitStatus>;
  /** @param env settings on top, for this run alone */
  start(instance: string, env?: Readonly<Record<string, string>>): Promise<void>;
  /** Stops one in order. */
  stopOne(instance: string): Promise<ExitStatus | undefined>;
  restart(instance: string, env?: Readonly<Record<string, string>>): Promise<void>;
  /** Stops one in order and starts the program of another folder with services instead, of another release, say. */
  replace(instance: string, root: string): Promise<void>;
  /** Stops the gateway first, so that nothing new comes in, then all others at once. */
  stop(): Promise<ReadonlyMap<string, ExitStatus>>;
}

const READY_TIMEOUT_MS = 60_000;
const STOP_GRACE_MS = 15_000;

/**
 * Starts the services, all at once; resolves when every one of them is ready.
 *
 * @throws Error with the end of the failing service's log; whatever did start has been stopped again then
 */
export async function startPlatform(options: PlatformOptions): Promise<Platform> {
  mkdirSync(options.directory, { recursive: true });
  const ports = await choosePorts(options.ports ?? 'free');
  const instances = new Map<string, ServiceInstance>();
  const operatorUrls = new Map<string, string>();
  for (const service of DATABASE_OWNERS.filter(({ alias }) => options.only?.includes(alias) ?? true)) {
    for (let number = 1; number <= (options.instances?.[service.alias] ?? 1); number += 1) {
      const own = number === 1 ? ports : await portsOfAnother(service, ports);
      const name = number === 1 ? service.alias : `${service.alias}#${number}`;
      instances.set(name, describeInstance(name, service, own[service.alias], own, options));
      operatorUrls.set(
        name,
        `http://127.0.0.1:${'metricsPort' in service ? own.metrics : own[service.alias]}`,
      );
    }
  }
  try {
    await Promise.all(
      [...instances].map(([name, instance]) => instance.start().then(() => options.onReady?.(name))),
    );
  } catch (error) {
    await stopAll(instances);
    throw error;
  }

  const named = (name: string): ServiceInstance => {
    const instance = instances.get(name);
    if (instance === undefined)
      throw new Error(`No service instance named ${name}; there are: ${[...instances.keys()].join(', ')}`);
    return instance;
  };
  return {
    url: `http://127.0.0.1:${ports.gateway}`,
    ports,
    urls: new Map([...instances].map(([name, { port }]) => [name, `http://127.0.0.1:${port}`])),
    operatorUrls,
    get services() {
      return new Map([...instances].map(([name, instance]) => [name, instance.process]));
    },
    kill: async (name) => named(name).kill(),
    start: async (name, env) => named(name).start(env),
    stopOne: async (name) => named(name).stop(),
    restart: async (name, env) => {
      await named(name).stop();
      await named(name).start(env);
    },
    replace: async (name, root) => {
      await named(name).stop();
      named(name).comesFrom(root);
      await named(name).start();
    },
    stop: () => stopAll(instances),
  };
}

async function choosePorts(choice: 'free' | 'default' | ServicePorts): Promise<ServicePorts> {
  if (typeof choice === 'object') return choice;
  const metrics = serviceNamed('api-gateway').metricsPort.standard;
  const ports = { ...perDatabase<number>(({ port }) => port.standard), metrics };
  if (choice === 'default') return ports;
  for (const { alias } of DATABASE_OWNERS) ports[alias] = await freePort();
  return { ...ports, metrics: await freePort() };
}

/** The ports as a second instance of a service has them: those of its own are others. */
async function portsOfAnother(service: DatabaseOwner, ports: ServicePorts): Promise<ServicePorts> {
  const own = { ...ports, [service.alias]: await freePort() };
  return 'metricsPort' in service ? { ...own, metrics: await freePort() } : own;
}

export function describeInstance(
  name: string,
  service: Service,
  port: number,
  ports: ServicePorts,
  options: PlatformOptions,
): ServiceInstance {
  const root = options.root ?? REPOSITORY;
  const { onLine, supervise, ownGroup } = options;
  return new ServiceInstance({
    name,
    port,
    readyTimeoutMs: options.readyTimeoutMs ?? READY_TIMEOUT_MS,
    stopGraceMs: STOP_GRACE_MS,
    ...(supervise !== undefined && { announce: supervise }),
    process: {
      name,
      command: process.execPath,
      args: ['--enable-source-maps', join(service.name, 'dist', 'main.js')],
      cwd: root,
      env: {
        ...inheritedEnvironment(),
        ...ALLOCATOR_SETTINGS,
        ...serviceEnvironment({ ...options, ports }),
        ...options.envOf?.(service.name),
        [service.port.variable]: String(port),
        ...('metricsPort' in service && { [service.metricsPort.variable]: String(ports.metrics) }),
      },
      ...(ownGroup !== undefined && { ownGroup }),
      ...(onLine !== undefined && { onLine: (line: string) => onLine(name, line) }),
    },
  });
}

async function stopAll(
  instances: ReadonlyMap<string, ServiceInstance>,
): Promise<ReadonlyMap<string, ExitStatus>> {
  const ended = new Map<string, ExitStatus>();
  const retire = async ([name, instance]: [string, ServiceInstance]): Promise<void> => {
    const status = await instance.retire();
    if (status !== undefined) ended.set(name, status);
  };
  const all = [...instances];
  await Promise.all(all.filter(([name]) => name.startsWith('gateway')).map(retire));
  await Promise.all(all.filter(([name]) => !name.startsWith('gateway')).map(retire));
  return ended;
}
