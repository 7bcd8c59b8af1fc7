import type { ProcessSpec } from '../managed-process.js';

/**
 * A server of our own, in a container or as a process. It keeps its port and its data when it is stopped or killed and
 * started again.
 */
export interface Server {
  readonly url: string;
  readonly port: number;
  /** `ServerOptions.directory`. */
  readonly directory: string;
  /** What runs the server, for messages: "container comanda-redis-1a2b3c4d", "process 4711". */
  readonly runsAs: string;
  readonly running: boolean;
  /**
   * Starts it; resolves when clients are served.
   *
   * @throws Error when it does not come up, with the end of its log
   */
  start(): Promise<void>;
  /** Ends it in order; it can be started again. */
  stop(): Promise<void>;
  /** SIGKILL to all its processes, as a power cut would do it; resolves when they are gone. */
  kill(): Promise<void>;
  /** Freezes the server: its port stays open, but nobody answers. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /**
   * Runs one of the server's own tools beside it: `exec('rabbitmqctl', 'status')`.
   *
   * @returns its standard output
   * @throws Error with what it wrote to standard error when it fails
   */
  exec(program: string, ...args: readonly string[]): Promise<string>;
  /** Ends it for good and removes its container. What lies in `directory` is the caller's to remove. */
  discard(): Promise<void>;
}

export interface ServerOptions {
  /** Where a process keeps its files, and a container what must outlive it; the same directory, the same data. */
  readonly directory: string;
  /** A free one when left out. */
  readonly port?: number;
  /** Left out: in a container where an engine answers, else as a process. */
  readonly runAs?: 'container' | 'process';
  /** Its data must outlive its container; a process keeps them anyway. */
  readonly keepData?: boolean;
  readonly onLine?: (line: string) => void;
  readonly readyTimeoutMs?: number;
  /** See `ProcessSpec.ownGroup`. */
  readonly ownGroup?: boolean;
}

/** All that is needed to run RabbitMQ, Redis or PostgreSQL as a container or as a process. */
export interface ServerKind<Options extends ServerOptions = ServerOptions> {
  readonly name: 'RabbitMQ' | 'Redis' | 'PostgreSQL' | 'nginx';
  readonly url: (host: string, port: number) => string;
  /** Whether it serves clients at this URL by now. */
  readonly answers: (url: string) => Promise<boolean>;
  readonly stopGraceMs: number;
  readonly readyTimeoutMs: number;
  readonly container: (options: Options) => ContainerPlan;
  /** Prepares the directory. Throws when the server is not installed on this machine. */
  readonly process: (options: Options, port: number) => Promise<ProcessPlan>;
}

export interface ContainerPlan {
  readonly image: string;
  /** Where the server listens inside the container. */
  readonly port: number;
  /** Where the image keeps its data. */
  readonly dataPath: string;
  readonly command?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface ProcessPlan extends Pick<ProcessSpec, 'command' | 'args' | 'env' | 'owner' | 'stopSignal'> {
  /** The folder of the server's own tools. */
  readonly tools: string;
}
