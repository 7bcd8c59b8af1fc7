import { accept, ListNotifications } from '@comanda/contracts';
import { answers, type QueryAnswer } from '@comanda/service-kit';
import { selectList, statement } from '@comanda/storage';
import type { SecretVault } from '../storage/secret-vault.js';
import { attempts, contacts, notifications, sentTexts } from '../storage/tables.js';
import { notificationView } from '../views/notification-view.js';
import { openedContact } from './opened-contact.js';

const NOTIFICATIONS = statement(`SELECT ${selectList(notifications.columns, 'n')} FROM notifications n
  WHERE n.tenant_id = $1 AND n.order_id = $2 ORDER BY n.created_at, n.channel`);
const ATTEMPTS = statement(`SELECT ${selectList(attempts.columns, 'a')} FROM notifications n
  CROSS JOIN attempts a
  WHERE a.tenant_id = n.tenant_id AND a.delivery_id = n.notification_id AND n.tenant_id = $1 AND n.order_id = $2 ORDER BY a.attempt_id`);

const TEXTS = statement(`SELECT ${selectList(sentTexts.columns, 's')} FROM notifications n
  CROSS JOIN sent_texts s
  WHERE s.tenant_id = n.tenant_id AND s.delivery_id = n.notification_id AND n.tenant_id = $1 AND n.order_id = $2 ORDER BY s.at, s.sid`);

/** What the customer of an order was told, with each attempt. */
export const listNotifications = (vault: Pick<SecretVault, 'open'>): QueryAnswer =>
  answers(ListNotifications, async (database, { tenantid, data: { orderId, viewer } }) => {
    const reader = database.of(tenantid);
    const [contact, rows, made, texts] = await Promise.all([
      reader.find(contacts.read(tenantid, orderId)),
      reader.read(NOTIFICATIONS, tenantid, orderId),
      reader.read(ATTEMPTS, tenantid, orderId),
      reader.read(TEXTS, tenantid, orderId),
    ]);
    const opened = contact && openedContact(contact, vault);
    const history = Map.groupBy(attempts.decodeAll(made), ({ deliveryId }) => deliveryId);
    const textsOf = Map.groupBy(sentTexts.decodeAll(texts), ({ deliveryId }) => deliveryId);
    const items = notifications.decodeAll(rows).map((row) =>
      notificationView(
        row,
        opened,
        {
          attempts: history.get(row.notificationId) ?? [],
          texts: textsOf.get(row.notificationId) ?? [],
        },
        { forStaff: viewer.role === 'staff' },
      ),
    );
    return accept({ items });
  });
