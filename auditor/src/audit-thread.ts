import { parentPort, workerData } from 'node:worker_threads';
import { type AuditOptions, audit } from './audit.js';

// Both ends are this very build (see audit-aside.ts), so what arrives is what was sent.
const options: AuditOptions = workerData;
parentPort?.postMessage(await audit(options));
