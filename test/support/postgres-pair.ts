import { chmodSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  type PostgresServer,
  type PostgresStandby,
  type ServerOptions,
  ServiceAddress,
  startPostgres,
  startStandby,
} from '@comanda/local-infra';

/** Its data must be on the disks of both; see `ServerOptions`. */
const PROCESS = { fsync: true, runAs: 'process' } as const;

export interface PostgresPairOptions {
  /** Of both; others than its owner must be able to pass through. */
  readonly directory: string;
  /** See `ProcessSpec.ownGroup`. */
  readonly ownGroup?: boolean;
}

/**
 * A PostgreSQL with a synchronous standby, behind one address for both. It is used as if it were one server, which is
 * the primary, until the standby has taken its place.
 */
export class PostgresPair implements PostgresServer {
  #standbys = 1;

  private constructor(
    private readonly options: PostgresPairOptions,
    private primary: PostgresServer,
    private follower: PostgresStandby | undefined,
    private readonly address: ServiceAddress,
  ) {}

  static async start(options: PostgresPairOptions): Promise<PostgresPair> {
    const { directory, ...process } = options;
    chmodSync(directory, 0o755);
    const primary = await startPostgres({ ...PROCESS, ...process, directory: join(directory, 'primary') });
    try {
      const standby = await startStandby(primary, standbyOptions(options, 1));
      return new PostgresPair(options, primary, standby, await ServiceAddress.open(primary.port));
    } catch (error) {
      await primary.discard();
      throw error;
    }
  }

  /** The standby takes the place of the primary, which is gone. */
  async failOver(): Promise<void> {
    const { standby } = this;
    await standby.promote();
    rmSync(this.primary.directory, { recursive: true, force: true });
    this.primary = standby;
    this.follower = undefined;
    this.address.leadTo(standby.port);
  }

  /** A new standby for the primary that has lost its own, or became one. */
  async joinStandby(): Promise<void> {
    if (this.follower) throw new Error('there is a standby');
    this.#standbys += 1;
    this.follower = await startStandby(this.primary, standbyOptions(this.options, this.#standbys));
  }

  /** Freezes the standby: commits wait for it. Nothing happens while there is none. */
  async pauseStandby(): Promise<void> {
    await this.follower?.pause();
  }

  async resumeStandby(): Promise<void> {
    await this.follower?.resume();
  }

  /** What follows the primary and has not taken its place. */
  get standby(): PostgresStandby {
    if (!this.follower) throw new Error('there is no standby');
    return this.follower;
  }

  get directory(): string {
    return this.options.directory;
  }
  get url(): string {
    return this.address.by(this.primary.url);
  }
  get adminUrl(): string {
    return this.address.by(this.primary.adminUrl);
  }
  get port(): number {
    return this.address.port;
  }
  get runsAs(): string {
    return this.primary.runsAs;
  }
  get running(): boolean {
    return this.primary.running;
  }
  start = () => this.primary.start();
  stop = () => this.primary.stop();
  kill = () => this.primary.kill();
  pause = () => this.primary.pause();
  resume = () => this.primary.resume();
  exec: PostgresServer['exec'] = (...words) => this.primary.exec(...words);
  admin: PostgresServer['admin'] = (...asked) => this.primary.admin(...asked);

  async discard(): Promise<void> {
    await this.address.close();
    await Promise.all([this.primary.discard(), this.follower?.discard()]);
  }
}

const standbyOptions = ({ directory, ...process }: PostgresPairOptions, number: number): ServerOptions => ({
  ...PROCESS,
  ...process,
  directory: join(directory, `standby-${number}`),
});
