import { Id } from '@comanda/contracts';
import { defineWork } from '@comanda/messaging';
import { z } from 'zod';
import { endReservation, stockOf } from '../handlers/end-reservation.js';
import { reservations } from '../storage/tables.js';
import { EXPIRE_RESERVATION } from './kinds.js';

/** A reservation whose time is up releases itself. Nothing is done outside: the work is the decision. */
export const expireReservation = defineWork({
  kind: EXPIRE_RESERVATION,
  payload: z.object({ orderId: Id }),
  leaseSeconds: 10,
  concurrency: 100,
  run: async () => undefined,
  needs: ({ tenantId, payload }) => ({ reservation: reservations.lock(tenantId, payload.orderId) }),
  thenNeeds: (_job, _result, { reservation }) => stockOf(reservation),
  decide: (_job, _result, { reservation, shelf }, context) =>
    reservation ? endReservation(reservation, shelf, { kind: 'expire' }, context) : [],
});
