import type { EmailMessage } from '../../templates/template-files.js';
import type { Courier } from '../courier.js';
import { readEmailAddress } from './email-address.js';
import type { Mailer } from './mailer.js';

/** Mail for customers. */
export const emailCourier = (mailer: Pick<Mailer, 'send'>): Courier<EmailMessage> => ({
  async send({ to, id, date, content }) {
    const address = readEmailAddress(to);
    if (address === undefined)
      return { kind: 'refused', status: 400, detail: 'no e-mail address', durationMs: 0 };
    return mailer.send({ ...content, to: address, id, date });
  },
});
