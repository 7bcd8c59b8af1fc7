/** The version of the body's outer shape; the shape of `data` is versioned by its own schema. */
export const WEBHOOK_API_VERSION = 'v1';

/** The part of an event that leaves the house. */
export interface PublishableEvent {
  readonly id: string;
  readonly type: string;
  /** RFC 3339, UTC: when it happened. */
  readonly time: string;
  readonly tenantId: string;
  /** Position among the events of the same aggregate, from 1: shows a receiver what came late. */
  readonly sequence: number;
  readonly data: unknown;
}

/**
 * The JSON text that is stored, signed and sent. Serialise once and keep the text: every attempt must send the
 * same bytes, and two serialisations of one event need not be equal.
 */
export function webhookBody(event: PublishableEvent): string {
  return JSON.stringify({
    id: event.id,
    type: event.type,
    timestamp: event.time,
    tenantId: event.tenantId,
    sequence: event.sequence,
    apiVersion: WEBHOOK_API_VERSION,
    data: event.data,
  });
}
