import { AttemptView, DeliveryView, ListedDelivery, viewOf } from '@comanda/contracts';
import { shownTarget } from '../domain/shown-target.js';
import type { AttemptRow, Delivery } from '../storage/tables.js';

export const deliveryView = (row: Delivery): DeliveryView => viewOf(DeliveryView, row);

/** A delivery in a list, with what is known of its subscription and its attempts. */
export function listedDelivery(
  row: Delivery,
  progress:
    | (Pick<ListedDelivery, 'channel' | 'target' | 'attemptCount'> & {
        readonly lastStatusCode: number | null;
        readonly lastError: string | null;
      })
    | undefined,
): ListedDelivery {
  if (!progress) throw new Error(`delivery ${row.deliveryId} has no subscription`);
  const { channel, target } = progress;
  return viewOf(ListedDelivery, { ...row, ...progress, target: shownTarget(target, channel) });
}

export const attemptView = (row: AttemptRow): AttemptView => viewOf(AttemptView, row);
