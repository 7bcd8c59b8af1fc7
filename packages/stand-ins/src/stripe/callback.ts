import { createHmac } from 'node:crypto';

export interface Callback {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** An event as Stripe posts it, signed: https://docs.stripe.com/webhooks#verify-manually */
export function callbackOf(
  object: object,
  type: string,
  { secret, id, at = new Date() }: { secret: string; id: string; at?: Date },
): Callback {
  const seconds = Math.floor(at.getTime() / 1000);
  const body = JSON.stringify({
    id,
    object: 'event',
    type,
    created: seconds,
    livemode: false,
    data: { object },
  });
  const signature = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
  return {
    body,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'stripe-signature': `t=${seconds},v1=${signature}`,
    },
  };
}
