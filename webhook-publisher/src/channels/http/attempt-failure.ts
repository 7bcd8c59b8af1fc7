import { messageOf, TimedOut } from '@comanda/kit';
import type { Failed } from '../../domain/attempt-result.js';
import { UnsafeTargetError } from './resolve-safely.js';
import { shownLine } from './shown.js';

const DNS_CODES = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_NODATA', 'EAI_NONAME']);
/** Names what went wrong between us and a peer that has not answered. */
export function describeFailure(error: Error | undefined): Pick<Failed, 'reason' | 'detail' | 'cause'> {
  if (error instanceof UnsafeTargetError)
    return { reason: 'unsafe-target', detail: error.message, cause: error.reason };
  if (error instanceof TimedOut) return { reason: 'timeout', detail: error.message };
  const detail = shownLine(error ? wordsOf(error) : 'the answer is no HTTP');
  const code = codeOf(error);
  if (DNS_CODES.has(code)) return { reason: 'dns', detail };
  return { reason: code === 'ETIMEDOUT' ? 'timeout' : 'network', detail };
}

/** What became of an answer whose status had been read. */
export const afterStatus = (error: Error): string =>
  `what followed the status could not be read: ${codeOf(error) === 'ECONNRESET' ? 'the connection was closed' : shownLine(error.message)}`;

/** Where a name has several addresses, each failed by itself. */
const wordsOf = (error: Error): string =>
  'errors' in error && Array.isArray(error.errors) ? error.errors.map(messageOf).join('; ') : error.message;

/** By which Node names its errors; empty for others. */
export const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
