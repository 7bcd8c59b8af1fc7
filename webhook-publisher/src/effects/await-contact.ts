import type { Effect } from '@comanda/messaging';
import { type ContactRow, contacts } from '../storage/tables.js';

/** An event that has overtaken the contact of its order waits for it. */
export const awaitContact = (
  { tenantId, orderId, eventId }: { tenantId: string; orderId: string; eventId: string },
  known: ContactRow | undefined,
  now: string,
): Effect => {
  const empty: ContactRow = {
    ...{ tenantId, orderId, sealed: null, channels: [], locale: 'en', waiting: [] },
    ...{ keptFrom: now, erasedAt: null, createdAt: now },
  };
  const { waiting, ...row } = known ?? empty;
  return contacts.put({ ...row, waiting: [...waiting, eventId] });
};
