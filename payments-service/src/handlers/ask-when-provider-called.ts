import { accept, PaymentProviderCalled } from '@comanda/contracts';
import { on, respond } from '@comanda/messaging';
import { scheduleAsk } from '../effects/provider-work.js';
import { payments } from '../storage/tables.js';

/**
 * The provider called because there is news of a payment. We ask it for the news, because calls come twice, late and out
 * of order.
 */
export const askWhenProviderCalled = on(PaymentProviderCalled, 'ask when provider called', {
  needs: ({ tenantid, data }) => ({ payment: payments.lock(tenantid, data.orderId) }),
  decide: ({ data }, { payment }, { now }) => {
    const ours = payment?.paymentId === data.paymentId && payment.provider === data.provider;
    const answered = respond(accept({}));
    if (!ours || payment.status !== 'PENDING') return [answered];
    return [scheduleAsk(payment.paymentId, now, { orderId: data.orderId }), answered];
  },
});
