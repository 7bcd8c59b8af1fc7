import type { Aggregate } from '@comanda/contracts';

/** The version of the body's outer shape; the event's own schema versions `data`. */
export const WEBHOOK_API_VERSION = 'v1';

/** The part of an event that subscribers get. */
export interface PublishableEvent {
  readonly id: string;
  readonly type: string;
  /** RFC 3339, UTC: when it happened. */
  readonly time: string;
  readonly tenantId: string;
  /** What the event is about, and whose events `sequence` counts: the id of an order, of its payment ... */
  readonly subject: string;
  readonly subjectType: Aggregate;
  /** The position among the events of the same subject, from 1. It shows a receiver what came late. */
  readonly sequence: number;
  /** Of the request that set it off. */
  readonly correlationId: string;
  readonly data: object;
}

/**
 * The JSON text that is stored, signed and sent. An event is serialised once, because every attempt must send the same
 * bytes, and two serialisations need not be equal.
 *
 * @param internal fields of `data` that subscribers don't get (`EventType.internal`)
 */
export function webhookBody(event: PublishableEvent, internal: readonly string[] = []): string {
  const shown = Object.entries(event.data).filter(([field]) => !internal.includes(field));
  return JSON.stringify({
    id: event.id,
    type: event.type,
    timestamp: event.time,
    tenantId: event.tenantId,
    subject: event.subject,
    subjectType: event.subjectType,
    sequence: event.sequence,
    correlationId: event.correlationId,
    apiVersion: WEBHOOK_API_VERSION,
    data: Object.fromEntries(shown),
  });
}
