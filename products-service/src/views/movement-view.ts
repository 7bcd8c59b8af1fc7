import type { Movement } from '../domain/stock.js';

/** A movement as clients see it. */
export const movementView = ({ at, delta, reason, orderId, actor, before, after }: Movement) => ({
  ...{ at, delta, reason },
  ...(orderId !== null && { orderId }),
  ...{ actor, before, after },
});
