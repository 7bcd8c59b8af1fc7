import { accept, PaymentProviderCalled } from '@comanda/contracts';
import { on, respond } from '@comanda/messaging';
import { scheduleAsk, scheduleReconcile } from '../effects/provider-work.js';
import { payments } from '../storage/tables.js';

/**
 * The provider called because there is news of a payment. We ask it for the news, because calls come twice, late and out
 * of order. A call about money that went back may name no order of ours: then the work finds the payment.
 */
export const askWhenProviderCalled = on(PaymentProviderCalled, 'ask when provider called', {
  needs: ({ tenantid, data: { orderId } }) => ({
    found: orderId === undefined ? [] : [payments.lock(tenantid, orderId)],
  }),
  decide: ({ tenantid, data }, { found: [payment] }, { now }) => {
    const answered = respond(accept({}));
    const { provider, reference, charge } = data;
    if (data.about === 'money-back')
      return [
        ...scheduleReconcile(
          tenantid,
          { provider, ...(reference && { reference }), ...(charge && { charge }) },
          now,
        ),
        answered,
      ];
    const ours = payment?.paymentId === data.paymentId && payment?.provider === provider;
    if (!payment || !ours || payment.status !== 'PENDING') return [answered];
    return [scheduleAsk(payment.paymentId, now, { orderId: payment.orderId }), answered];
  },
});
