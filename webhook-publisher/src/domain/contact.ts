import { Contact, type ContactChannel } from '@comanda/contracts';
import { z } from 'zod';

/** The text of a contact, parsed. What is wrong with it is said without the text. */
const ContactText = z
  .string()
  .transform((text, context): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      context.addIssue({ code: 'custom', message: 'is no JSON' });
      return z.NEVER;
    }
  })
  .pipe(Contact);

export const contactIn = (text: string): Contact => ContactText.parse(text);

const FIELDS = { email: 'email', sms: 'phone' } as const satisfies Record<ContactChannel, keyof Contact>;

/** Where a channel sends to; `undefined` when the contact does not name it. */
export const targetOn = (channel: ContactChannel, contact: Contact): string | undefined =>
  contact[FIELDS[channel]];

/** The channels that a contact names. */
export const channelsOf = (contact: Contact): ContactChannel[] =>
  (['email', 'sms'] as const).filter((channel) => targetOn(channel, contact) !== undefined);

/** A target as people may see it: `a***@example.com`, `+34***00`. Enough to know one's own, too little to write to. */
export function masked(target: string): string {
  const at = target.lastIndexOf('@');
  if (at < 0) return `${target.slice(0, 3)}***${target.slice(-2)}`;
  const [first = ''] = target;
  return `${first}***${target.slice(at)}`;
}
