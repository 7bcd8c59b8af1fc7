import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { AuditOptions, AuditReport } from './audit.js';

/**
 * An audit in a thread of its own: statements run for seconds where there is much to read, and health and metrics
 * must be answered meanwhile.
 *
 * @throws Error with the message of whatever `audit` threw; AbortError when it was called off
 */
export async function auditAside(options: AuditOptions, signal: AbortSignal): Promise<AuditReport> {
  const worker = new Worker(new URL('./audit-thread.js', import.meta.url), { workerData: options });
  try {
    // An `error` of the thread rejects this.
    const [report] = (await once(worker, 'message', { signal })) as [AuditReport];
    return report;
  } finally {
    await worker.terminate();
  }
}
