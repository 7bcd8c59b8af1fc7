import { accept, GetDelivery, refuse } from '@comanda/contracts';
import { answers } from '@comanda/service-kit';
import { selectList, statement } from '@comanda/storage';
import { attempts, deliveries, sentTexts } from '../storage/tables.js';
import { attemptView, deliveryView } from '../views/delivery-view.js';
import { textReports } from '../views/text-reports.js';

const ATTEMPTS = statement(`SELECT ${selectList(attempts.columns, 'a')} FROM attempts a
  WHERE a.tenant_id = $1 AND a.delivery_id = $2 ORDER BY a.attempt_id`);

const TEXTS = statement(`SELECT ${selectList(sentTexts.columns, 's')} FROM sent_texts s
  WHERE s.tenant_id = $1 AND s.delivery_id = $2 ORDER BY s.at, s.sid`);

/** One delivery with each attempt and its answer. */
export const getDelivery = answers(GetDelivery, async (database, { tenantid, data: { deliveryId } }) => {
  const reader = database.of(tenantid);
  const delivery = await reader.find(deliveries.read(tenantid, deliveryId));
  if (!delivery) return refuse(404, 'UNKNOWN_DELIVERY', `There is no delivery ${deliveryId}.`);
  const history = await reader.read(ATTEMPTS, tenantid, deliveryId);
  const texts = await reader.read(TEXTS, tenantid, deliveryId);
  return accept({
    ...deliveryView(delivery),
    attempts: history.map((stored) => attemptView(attempts.decode(stored))),
    ...textReports(sentTexts.decodeAll(texts)),
  });
});
