import type { DataOf, EventType } from '@comanda/contracts';
import { type Handler, on } from '@comanda/messaging';
import type { z } from 'zod';
import { decide } from '../domain/decide.js';
import type { Trigger } from '../domain/transitions.js';
import { effectsOf } from '../effects/order-effects.js';
import { orders } from '../storage/tables.js';

/** Declares a handler for an event that happens to one order: which trigger it is, and the order's rules decide. */
export const onOrder = <Event extends EventType<string, z.ZodType<{ orderId: string }>>>(
  event: Event,
  name: string,
  triggerOf: (data: DataOf<Event>) => Trigger,
): Handler =>
  on(event, name, {
    needs: ({ tenantid, data }) => ({ order: orders.lock(tenantid, data.orderId) }),
    decide: (message, { order }, context) => {
      const trigger = triggerOf(message.data);
      return effectsOf(decide(order, trigger, context.now), { message, trigger }, context);
    },
  });
