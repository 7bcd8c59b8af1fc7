import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import {
  type PostgresServer,
  type PostgresStandby,
  ServiceAddress,
  startPostgres,
  startStandby,
} from '@comanda/local-infra';

/**
 * A PostgreSQL with a synchronous standby, behind one address for both. It is used as if it were one server, which is
 * the primary, until the standby has taken its place.
 */
export class PostgresPair implements PostgresServer {
  #now: PostgresServer;

  private constructor(
    readonly directory: string,
    private readonly primary: PostgresServer,
    /** Follows the primary, until it takes its place. */
    readonly standby: PostgresStandby,
    private readonly address: ServiceAddress,
  ) {
    this.#now = primary;
  }

  /** @param directory of both; others than its owner must be able to pass through */
  static async start(directory: string): Promise<PostgresPair> {
    chmodSync(directory, 0o755);
    const process = { fsync: true, runAs: 'process' } as const;
    const primary = await startPostgres({ ...process, directory: join(directory, 'primary') });
    try {
      const standby = await startStandby(primary, { ...process, directory: join(directory, 'standby') });
      return new PostgresPair(directory, primary, standby, await ServiceAddress.open(primary.port));
    } catch (error) {
      await primary.discard();
      throw error;
    }
  }

  /** The standby takes the place of the primary, which is gone. */
  async failOver(): Promise<void> {
    await this.standby.promote();
    this.#now = this.standby;
    this.address.leadTo(this.standby.port);
  }

  get url(): string {
    return this.address.by(this.#now.url);
  }
  get adminUrl(): string {
    return this.address.by(this.#now.adminUrl);
  }
  get port(): number {
    return this.address.port;
  }
  get runsAs(): string {
    return this.#now.runsAs;
  }
  get running(): boolean {
    return this.#now.running;
  }
  start = () => this.#now.start();
  stop = () => this.#now.stop();
  kill = () => this.#now.kill();
  pause = () => this.#now.pause();
  resume = () => this.#now.resume();
  exec: PostgresServer['exec'] = (...words) => this.#now.exec(...words);
  admin: PostgresServer['admin'] = (...asked) => this.#now.admin(...asked);

  async discard(): Promise<void> {
    await this.address.close();
    await Promise.all([this.primary.discard(), this.standby.discard()]);
  }
}
