/** One attempt of one delivery, as it is kept. A delivery without attempts stands there once, with `at` null. */
export interface HistoryRow {
  readonly eventId: string;
  readonly eventType: string;
  readonly deliveryId: string;
  readonly subscriptionId: string;
  readonly channel: string;
  readonly status: string;
  readonly at: string | null;
  readonly origin: string | null;
  readonly statusCode: number | null;
  readonly durationMs: number | null;
  readonly responseBody: string | null;
  readonly error: string | null;
}

/** An event with the bytes that every attempt sent. */
export interface SentEvent {
  readonly eventId: string;
  readonly body: string;
}

/** What a delivery proof says, for the parties of a dispute: neither the events' bodies nor whole targets are in it. */
export interface DeliveryStatement {
  readonly tenantId: string;
  readonly orderId: string;
  /** RFC 3339, UTC. */
  readonly issuedAt: string;
  /** Where it is about one subscription alone. */
  readonly subscriptionId?: string;
  readonly events: readonly EventStatement[];
}

interface EventStatement {
  /** The `webhook-id`. */
  readonly eventId: string;
  readonly type: string;
  /** SHA-256, in hex, of the body as it was sent. */
  readonly bodySha256: string;
  readonly deliveries: readonly {
    readonly deliveryId: string;
    readonly subscriptionId: string;
    readonly channel: string;
    readonly status: string;
    readonly attempts: readonly AttemptStatement[];
  }[];
}

interface AttemptStatement {
  readonly at: string;
  /** Scheme, host and port of where it went, without the rest of the URL. */
  readonly origin?: string;
  readonly statusCode?: number;
  readonly durationMs: number;
  /** SHA-256, in hex, of the answer's text as the history of the delivery has it. */
  readonly answerSha256?: string;
  readonly error?: string;
}

/** What is told of an order's deliveries: one entry for each event and delivery, in the order of the history. */
export function deliveryStatement(
  about: Omit<DeliveryStatement, 'events'>,
  history: readonly HistoryRow[],
  sent: readonly SentEvent[],
  sha256: (text: string) => string,
): DeliveryStatement {
  const bodies = new Map(sent.map(({ eventId, body }) => [eventId, body]));
  const events = [...Map.groupBy(history, ({ eventId }) => eventId)].map(([eventId, ofEvent]) => {
    const body = bodies.get(eventId);
    if (body === undefined) throw new Error(`event ${eventId} is gone before its deliveries`);
    const deliveries = [...Map.groupBy(ofEvent, ({ deliveryId }) => deliveryId)];
    return {
      eventId,
      type: ofEvent[0]?.eventType ?? '',
      bodySha256: sha256(body),
      deliveries: deliveries.map(([deliveryId, rows]) => ofDelivery(deliveryId, rows, sha256)),
    };
  });
  return { ...about, events };
}

function ofDelivery(deliveryId: string, rows: readonly HistoryRow[], sha256: (text: string) => string) {
  const { subscriptionId = '', channel = '', status = '' } = rows[0] ?? {};
  return {
    ...{ deliveryId, subscriptionId, channel, status },
    attempts: rows.flatMap(({ at, durationMs, ...row }) =>
      at === null || durationMs === null ? [] : [ofAttempt(at, durationMs, row, sha256)],
    ),
  };
}

const ofAttempt = (
  at: string,
  durationMs: number,
  {
    origin,
    statusCode,
    responseBody,
    error,
  }: Pick<HistoryRow, 'origin' | 'statusCode' | 'responseBody' | 'error'>,
  sha256: (text: string) => string,
): AttemptStatement => ({
  at,
  ...(origin !== null && { origin }),
  ...(statusCode !== null && { statusCode }),
  durationMs,
  ...(responseBody !== null && { answerSha256: sha256(responseBody) }),
  ...(error !== null && { error }),
});
