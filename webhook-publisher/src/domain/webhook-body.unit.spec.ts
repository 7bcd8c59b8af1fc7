import { expect, test } from '@jest/globals';
import { webhookBody } from './webhook-body.js';

test('the body says who, what, when, in which order and for which request, and nothing that is internal', () => {
  const event = {
    id: '0190a000-0000-7000-8000-00000000e001',
    type: 'order.created',
    time: '2026-01-02T03:04:05.678Z',
    tenantId: 'default',
    subject: 'o-1',
    subjectType: 'order' as const,
    sequence: 1,
    data: { orderId: 'o-1', paymentMethod: 'pm_1', note: 'café <b>' },
    correlationId: 'c-1',
    traceparent: 'internal',
  };
  expect(webhookBody(event, ['paymentMethod'])).toBe(
    '{"id":"0190a000-0000-7000-8000-00000000e001","type":"order.created","timestamp":"2026-01-02T03:04:05.678Z",' +
      '"tenantId":"default","subject":"o-1","subjectType":"order","sequence":1,"correlationId":"c-1","apiVersion":"v1","data":{"orderId":"o-1","note":"café <b>"}}',
  );
});
