import { setTimeout as pause } from 'node:timers/promises';
import { messageOf } from '@comanda/kit';
import type { Logger } from 'pino';
import { type AuditOptions, type AuditReport, nameOf } from './audit.js';
import { assertOpenable } from './audit-source.js';
import { AuditThread } from './audit-thread.js';
import type { Violation } from './invariants/invariant.js';
import { metrics } from './metrics.js';

export interface RoundsOptions {
  readonly audit: AuditOptions;
  readonly intervalSeconds: number;
  readonly logger: Logger;
}

/** The auditor reads for at most a tenth of the time: a long audit is followed by a longer rest. */
const REST_AT_LEAST = 9;

/** Audits repeatedly. Every violation is logged when it first appears, and when it is gone. */
export class Rounds {
  #known = new Map<string, Violation>();
  #unhealthyReason: string | undefined;
  #brokerAway = false;
  readonly #stopped = new AbortController();
  #running: Promise<void> = Promise.resolve();

  readonly #thread: AuditThread;

  constructor(private readonly options: RoundsOptions) {
    this.#thread = new AuditThread(options.audit);
  }

  /** Why no audit can be made; `undefined` when it can. */
  get unhealthyReason(): string | undefined {
    return this.#unhealthyReason;
  }

  start(): void {
    // This check is quick and shows at once whether the databases can be read; the first audit may take long.
    try {
      assertOpenable(this.options.audit.databases);
    } catch (error) {
      this.#failed(error);
    }
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#running;
    await this.#thread.stop();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      const startedAt = performance.now();
      const readingMs = await this.#round();
      const left = this.options.intervalSeconds * 1000 - (performance.now() - startedAt);
      const rest = Math.max(left, REST_AT_LEAST * readingMs);
      await pause(rest, undefined, { signal }).catch(() => undefined); // aborted by the stop, which ends the loop
    }
  }

  /** @returns for how many milliseconds the audit read */
  async #round(): Promise<number> {
    try {
      const report = await this.#thread.audit(this.#stopped.signal);
      this.#unhealthyReason = undefined;
      this.#show(report);
      this.#tellBroker(report);
      this.#tell(report);
      return report.durationMs;
    } catch (error) {
      if (!this.#stopped.signal.aborted) this.#failed(error);
      return 0;
    }
  }

  #failed(error: unknown): void {
    const unhealthyReason = messageOf(error);
    if (unhealthyReason !== this.#unhealthyReason)
      this.options.logger.error({ error: unhealthyReason }, 'no audit can be made');
    this.#unhealthyReason = unhealthyReason;
  }

  #show({ invariants, queues, durationMs }: AuditReport): void {
    for (const { id, checked, count, durationMs } of invariants) {
      metrics.violations.set({ invariant: id }, count);
      metrics.checked.set({ invariant: id }, checked);
      metrics.seconds.set({ invariant: id }, durationMs / 1000);
    }
    metrics.messages.reset();
    if (queues.kind === 'counted')
      for (const state of ['waiting', 'dead'] as const)
        for (const [queue, n] of Object.entries(queues[state])) metrics.messages.set({ queue, state }, n);
    metrics.duration.set(durationMs / 1000);
    metrics.lastRun.setToCurrentTime();
  }

  #tell({ invariants }: AuditReport): void {
    const { logger } = this.options;
    const found = new Map(
      invariants.flatMap(({ id, violations }) =>
        violations.map((violation) => [nameOf(id, violation), { invariant: id, ...violation }] as const),
      ),
    );
    for (const [name, { invariant, ids, detail }] of found)
      if (!this.#known.has(name)) logger.error({ invariant, ...ids }, `violation of ${invariant}: ${detail}`);
    for (const [name, { ids }] of this.#known)
      if (!found.has(name)) logger.info({ violation: name, ...ids }, 'a violation is gone');
    this.#known = found;
  }

  #tellBroker({ queues }: AuditReport): void {
    const away = queues.kind === 'away';
    if (away && !this.#brokerAway)
      this.options.logger.warn(
        { error: queues.reason },
        'the broker could not be asked; what depends on it is not checked',
      );
    this.#brokerAway = away;
  }
}
