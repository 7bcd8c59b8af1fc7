import type { IncomingHttpHeaders } from 'node:http';
import { newId } from '@comanda/contracts';

export const CORRELATION_HEADER = 'x-correlation-id';

const WELL_FORMED = /^[\x20-\x7e]{1,128}$/;

/** The client's X-Correlation-Id when it is printable ASCII of at most 128 characters, else a new one. */
export function correlationIdOf(headers: IncomingHttpHeaders): string {
  const given = headers[CORRELATION_HEADER];
  return typeof given === 'string' && WELL_FORMED.test(given) ? given : newId();
}
