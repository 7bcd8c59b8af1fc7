import { errors } from 'undici';
import type { Failed } from '../../domain/attempt-result.js';
import { UnsafeTargetError } from './resolve-safely.js';

const DNS_CODES = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_NODATA', 'EAI_NONAME']);
const TIMEOUT_CODES = new Set([
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
]);
/** With these codes undici and Node say that we used them wrongly. */
const OUR_FAULT = /^(?:UND_ERR_INVALID_|UND_ERR_NOT_SUPPORTED|ERR_INVALID_)/;

/**
 * Names what went wrong between us and a peer. An error without a code of a socket, TLS, DNS or the HTTP parser is a
 * bug of ours and is rethrown.
 */
export function describeFailure(error: unknown): Pick<Failed, 'reason' | 'detail' | 'cause'> {
  if (error instanceof UnsafeTargetError)
    return { reason: 'unsafe-target', detail: error.message, cause: error.reason };
  // The HTTP parser gives a code only to some of its errors.
  const code = textOf(error, 'code') ?? (error instanceof errors.HTTPParserError ? error.name : undefined);
  if (code === undefined || OUR_FAULT.test(code)) throw error;
  const detail = textOf(error, 'message') ?? code;
  if (DNS_CODES.has(code)) return { reason: 'dns', detail };
  return { reason: TIMEOUT_CODES.has(code) ? 'timeout' : 'network', detail };
}

function textOf(error: unknown, field: 'code' | 'message'): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const value: unknown = Reflect.get(error, field);
  return typeof value === 'string' && value !== '' ? value : undefined;
}
