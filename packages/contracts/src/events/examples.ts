/** The ids of one order and of what belongs to it, for the examples of all events. */
export const orderId = '0192d1a4-7c3b-7f7e-8a51-3d0c6a9be001';
export const customerId = '0192d1a4-0000-7000-8000-00000000c001';
export const productId = '0190a000-0000-7000-8000-000000000001';
export const reservationId = '0192d1a4-7c90-7b21-b0aa-71c2d3e4f003';
export const paymentId = '0192d1a4-7d11-7aa2-9c1e-5b1a7f20c002';
/** A refund that staff request has the id of its request. */
export const refundId = '0192d1a4-9000-7000-8000-00000000b001';
export const disputeId = '0192d1a4-a000-8000-8000-00000000d001';
