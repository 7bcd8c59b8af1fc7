import { createHash } from 'node:crypto';
import { accept, GetDeliveryProof, refuse } from '@comanda/contracts';
import type { SigningKey } from '@comanda/kit';
import { answers, listed } from '@comanda/service-kit';
import { CompactSign } from 'jose/jws/compact/sign';
import { z } from 'zod';
import { deliveryStatement } from '../domain/delivery-proof.js';

/** As many attempts are told in one proof; their answers have up to 16 KiB each. */
export const MAX_ATTEMPTS = 1_000;

/** In the order in which the deliveries began; one row more than there may be says that there are too many. */
const history = listed(
  (conditions) => `SELECT d.event_id AS "eventId", d.event_type AS "eventType", d.delivery_id AS "deliveryId",
      d.subscription_id AS "subscriptionId", s.channel AS "channel", d.status AS "status", a.at AS "at",
      a.origin AS "origin", a.status_code AS "statusCode", a.duration_ms AS "durationMs",
      a.response_body AS "responseBody", a.error AS "error"
    FROM deliveries d
    JOIN subscriptions s ON s.tenant_id = d.tenant_id AND s.subscription_id = d.subscription_id
    LEFT JOIN attempts a ON a.tenant_id = d.tenant_id AND a.delivery_id = d.delivery_id
    WHERE d.tenant_id = $1 AND d.order_id = $2${conditions}
    ORDER BY d.created_at, d.delivery_id, a.attempt_id LIMIT $3`,
);
const sentEvents = listed(
  (conditions) => `SELECT e.event_id AS "eventId", e.body AS "body" FROM events e
    WHERE e.tenant_id = $1 AND e.event_id IN (
      SELECT d.event_id FROM deliveries d WHERE d.tenant_id = $1 AND d.order_id = $2${conditions})`,
);

const HistoryRow = z.object({
  eventId: z.string(),
  eventType: z.string(),
  deliveryId: z.string(),
  subscriptionId: z.string(),
  channel: z.string(),
  status: z.string(),
  at: z.string().nullable(),
  origin: z.string().nullable(),
  statusCode: z.number().nullable(),
  durationMs: z.number().nullable(),
  responseBody: z.string().nullable(),
  error: z.string().nullable(),
});
const SentEvent = z.object({ eventId: z.string(), body: z.string() });

const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');

/** A delivery proof: what `deliveryStatement` says of an order, signed as a compact JWS (RFC 7515, RFC 8037). */
export const getDeliveryProof = ({ kid, privateKey }: SigningKey, clock: () => Date) =>
  answers(GetDeliveryProof, async (database, { tenantid: tenantId, data: { orderId, subscriptionId } }) => {
    const reader = database.of(tenantId);
    const filter = [['d.subscription_id = ?', subscriptionId ?? null]] as const;
    const rows = await history(reader, [tenantId, orderId, MAX_ATTEMPTS + 1], filter);
    if (rows.length === 0)
      return refuse(404, 'NOTHING_SENT', `Nothing was sent about order ${orderId}, or it is too long ago.`);
    if (rows.length > MAX_ATTEMPTS)
      return refuse(
        409,
        'PROOF_TOO_LARGE',
        `More than ${MAX_ATTEMPTS} attempts were made about this order: name a subscription.`,
      );
    const sent = await sentEvents(reader, [tenantId, orderId], filter);
    const statement = deliveryStatement(
      {
        ...{ tenantId, orderId, issuedAt: clock().toISOString() },
        ...(subscriptionId !== undefined && { subscriptionId }),
      },
      rows.map((row) => HistoryRow.parse(row)),
      sent.map((row) => SentEvent.parse(row)),
      sha256,
    );
    const signing = new CompactSign(Buffer.from(JSON.stringify(statement)));
    // Its own type: nobody takes it for a token, and no token for a proof.
    const header = { alg: 'EdDSA', typ: 'delivery-proof+jws', kid };
    return accept({ proof: await signing.setProtectedHeader(header).sign(privateKey) });
  });
