/** Reads the databases of all services and reports violated invariants. */
export {
  type AuditOptions,
  type AuditReport,
  audit,
  BrokerAway,
  DEFAULT_GRACE_SECONDS,
  type InvariantReport,
} from './audit.js';
export {
  copied,
  type DatabaseUrls,
  databasesIn,
  openAuditSource,
  UnreadableDatabase,
} from './audit-source.js';
export { deadLettersTakenIn, withDeadLettersTakenIn } from './dead-letters.js';
export { INVARIANTS } from './invariants/index.js';
export type { Violation } from './invariants/invariant.js';
export { type Counted, countMessages, type Queues } from './queues.js';
export { violationLine } from './report-text.js';
