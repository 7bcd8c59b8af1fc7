import { accept, contactOf, RememberContact } from '@comanda/contracts';
import { on, respond } from '@comanda/messaging';
import { channelsOf, contactIn } from '../domain/contact.js';
import { tellCustomer } from '../effects/schedule-notification.js';
import type { SecretVault } from '../storage/secret-vault.js';
import { contacts, events } from '../storage/tables.js';

/**
 * The first contact of an order stays: a repeat of its request brings the same one. Events that have overtaken it are told
 * now. What can't be opened becomes a dead letter, still sealed: the key that is missing may come back.
 */
export const rememberContact = (vault: Pick<SecretVault, 'receive' | 'seal'>) =>
  on(RememberContact, 'remember contact', {
    needs: ({ tenantid, data }) => ({ known: contacts.lock(tenantid, data.orderId) }),
    thenNeeds: ({ tenantid }, { known }) => ({
      waiting: (known?.waiting ?? []).map((eventId) => events.read(tenantid, eventId)),
    }),
    decide: ({ tenantid, data }, { known, waiting }, { now, newSecret }) => {
      const { orderId, sealedContact, locale } = data;
      const answer = respond(accept({ orderId }));
      if (known && (known.sealed !== null || known.erasedAt !== null)) return [answer];
      const contact = contactIn(vault.receive(sealedContact, contactOf(tenantid, orderId)));
      const row = {
        tenantId: tenantid,
        orderId,
        sealed: vault.seal(JSON.stringify(contact), { tenantId: tenantid, contactOf: orderId }, newSecret()),
        channels: channelsOf(contact),
        locale,
        waiting: [],
        keptFrom: now,
        erasedAt: null,
        createdAt: now,
      };
      const overtook = waiting.flatMap((event) =>
        event ? [{ eventId: event.eventId, eventType: event.type }] : [],
      );
      return [...tellCustomer(row, overtook, now), answer];
    },
  });
