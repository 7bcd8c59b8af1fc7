import { Id } from '@comanda/contracts';
import { defineWork } from '@comanda/messaging';
import { z } from 'zod';
import { endReservation } from '../domain/reservation.js';
import { EXPIRE_RESERVATION, effectsOf } from '../effects/reservation-effects.js';
import { shelfOf } from '../storage/shelf-of.js';
import { reservations } from '../storage/tables.js';

/** Ends a reservation whose time is up. It calls nothing outside the database: its decision is all of the work. */
export const expireReservation = defineWork({
  kind: EXPIRE_RESERVATION,
  payload: z.object({ orderId: Id }),
  leaseSeconds: 10,
  concurrency: 100,
  run: async () => undefined,
  needs: ({ tenantId, payload }) => ({ reservation: reservations.lock(tenantId, payload.orderId) }),
  thenNeeds: (_job, _result, { reservation }) => shelfOf(reservation),
  decide: (_job, _result, { reservation, shelf }, context) => {
    const trigger = { kind: 'expire' } as const;
    const decision = reservation && endReservation(reservation, { shelf, trigger, now: context.now });
    return decision ? effectsOf(decision, context) : [];
  },
});
