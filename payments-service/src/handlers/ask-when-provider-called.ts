import { accept, PaymentProviderCalled } from '@comanda/contracts';
import { on, respond, schedule } from '@comanda/messaging';
import { payments } from '../storage/tables.js';
import { ASK } from '../work/kinds.js';

/**
 * The provider called to say that there is news of a payment. What the news is, it says when it is asked: calls come
 * twice, late and out of order.
 */
export const askWhenProviderCalled = on(PaymentProviderCalled, 'ask when provider called', {
  needs: ({ tenantid, data }) => ({ payment: payments.lock(tenantid, data.orderId) }),
  decide: ({ data }, { payment }, { now }) => {
    const ours = payment?.paymentId === data.paymentId && payment.provider === data.provider;
    const answered = respond(accept({}));
    if (!ours || payment.status !== 'PENDING') return [answered];
    return [
      schedule({ work: ASK, id: payment.paymentId, dueAt: now, payload: { orderId: data.orderId } }),
      answered,
    ];
  },
});
