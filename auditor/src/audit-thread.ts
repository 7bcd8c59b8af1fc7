import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { AuditOptions, AuditReport } from './audit.js';

/** The thread's answer: a report, or why there is none. */
export type ThreadAnswer = { readonly report: AuditReport } | { readonly unhealthyReason: string };

/**
 * Runs audits in a thread of its own: on large databases statements run for seconds, and health and metrics must be
 * answered meanwhile.
 */
export class AuditThread {
  #worker: Worker | undefined;

  constructor(private readonly options: AuditOptions) {}

  /** @throws Error with the message of whatever `audit` threw; AbortError when the signal aborted it */
  async audit(signal: AbortSignal): Promise<AuditReport> {
    this.#worker ??= this.#start();
    this.#worker.postMessage('audit');
    // The death of the thread rejects this promise; the next audit starts another thread.
    const [answer] = (await once(this.#worker, 'message', { signal })) as [ThreadAnswer];
    if ('unhealthyReason' in answer) throw new Error(answer.unhealthyReason);
    return answer.report;
  }

  async stop(): Promise<void> {
    await this.#worker?.terminate();
  }

  #start(): Worker {
    const worker = new Worker(new URL('./audit-thread-main.js', import.meta.url), {
      workerData: this.options,
    });
    worker.on('exit', () => {
      this.#worker = undefined;
    });
    return worker;
  }
}
