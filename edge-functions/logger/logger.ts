/**
 * The logger: verifies a webhook from Comanda and stores its event, once.
 *
 * A web-standard handler, so it runs unchanged wherever `Request`, `Response` and Web Crypto exist. The store differs
 * from platform to platform, so the caller passes it in.
 */
import { problem, requestVerifier, type WebhookEvent } from '../verified-webhook.js';

export interface ReceivedEvent {
  /** The `webhook-id`. */
  readonly id: string;
  readonly type: string;
  /** RFC 3339, UTC. */
  readonly timestamp: string;
  readonly tenantId: string;
  /** What the event is about, and whose events `sequence` counts; bodies of earlier builds do not say it. */
  readonly subject?: string;
  readonly sequence: number;
  readonly data: unknown;
}

export interface EventStore {
  /** Stores the event unless its id is already stored. Must be atomic (a unique key). */
  insert(event: ReceivedEvent, receivedAt: Date): Promise<'stored' | 'duplicate'>;
}

export interface LoggerDependencies {
  /** `whsec_...`, as shown when the subscription was created. */
  readonly secret: string;
  readonly store: EventStore;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/** 200 `{stored}` or `{duplicate}`; 400, 401, 405 and 413 as `{title, status}`. */
export function createLoggerReceiver({
  secret,
  store,
  now = Date.now,
}: LoggerDependencies): (request: Request) => Promise<Response> {
  const verify = requestVerifier(secret, now);
  return async (request) => {
    const verification = await verify(request);
    if (verification.kind === 'refused') return verification.response;
    const event = toReceivedEvent(verification.event);
    if (event === undefined) return problem(400, 'The body is not an event');
    const outcome = await store.insert(event, new Date(now()));
    // A duplicate gets a 2xx as well, so that the sender stops.
    return Response.json(outcome === 'stored' ? { stored: true } : { duplicate: true });
  };
}

function toReceivedEvent({ id, type, fields }: WebhookEvent): ReceivedEvent | undefined {
  const { timestamp, tenantId, subject, sequence, data } = fields;
  if (typeof timestamp !== 'string' || typeof tenantId !== 'string' || typeof sequence !== 'number')
    return undefined;
  const about = typeof subject === 'string' && { subject };
  return { id, type, timestamp, tenantId, ...about, sequence, data };
}
