import type { Reply } from '@comanda/contracts';
import type { Standby, Store } from '@comanda/storage';
import { isOutage } from '@comanda/storage';
import { Counter } from 'prom-client';
import type { HealthCheck } from './health-check.js';

/** What may be asked of a copy: what is a tenant's. */
export type TenantReaders = Pick<Store, 'of'>;

const asked = new Counter({
  name: 'comanda_lists_total',
  help: 'Lists by where they were read: standby, primary.',
  labelNames: ['from'] as const,
});
/** Where lists are read: from the standby while it keeps up, else from the primary. */
export class Lists {
  constructor(
    private readonly primary: TenantReaders,
    private readonly standby: Standby | undefined,
  ) {}

  /**
   * A whole list is read from one of the two. What the standby does not have, or can't say, the primary is asked.
   *
   * @throws what the primary throws
   */
  async ask(question: (source: TenantReaders) => Promise<Reply>): Promise<Reply> {
    const fromStandby = await this.#askStandby(question);
    asked.inc({ from: fromStandby ? 'standby' : 'primary' });
    return fromStandby ?? question(this.primary);
  }

  /** Nothing that the service needs: the primary stands in. */
  get healthChecks(): HealthCheck[] {
    const { standby } = this;
    if (!standby) return [];
    return [{ name: 'standby', needed: false, unhealthyReason: () => standby.outReason }];
  }

  async close(): Promise<void> {
    await this.standby?.close();
  }

  async #askStandby(question: (source: TenantReaders) => Promise<Reply>): Promise<Reply | undefined> {
    const { standby } = this;
    if (!standby || standby.outReason !== undefined) return undefined;
    try {
      const reply = await question(standby);
      return reply.ok ? reply : undefined;
    } catch (error) {
      // Anything else may be a table that the standby does not have yet; the primary says whether it is a bug.
      if (isOutage(error)) standby.failed(error);
      return undefined;
    }
  }
}
