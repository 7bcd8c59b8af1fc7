import { parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '@comanda/kit';
import { type AuditOptions, audit } from './audit.js';
import type { ThreadAnswer } from './audit-thread.js';

// Both ends are the same build (see audit-thread.ts), so the message has the shape that was sent.
const options: AuditOptions = workerData;

parentPort?.on('message', async () => {
  const answer: ThreadAnswer = await audit(options).then(
    (report) => ({ report }),
    (error: unknown) => ({ unhealthyReason: messageOf(error) }),
  );
  parentPort?.postMessage(answer);
});
