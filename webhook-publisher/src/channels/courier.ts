import type { ContactChannel } from '@comanda/contracts';
import type { AttemptResult } from '../domain/attempt-result.js';
import type { EmailMessage } from '../templates/template-files.js';

/** A message to a customer, as its channel takes it. */
interface CustomerMessage<Content> {
  /** An address, a number. */
  readonly to: string;
  /** The id of the notification, the same at every attempt. */
  readonly id: string;
  readonly tenantId: string;
  readonly orderId: string;
  /** When what it tells happened. */
  readonly date: Date;
  readonly content: Content;
}

/** Makes one attempt and never retries. Whatever the peer or the network does is a result; only our own bugs throw. */
export interface Courier<Content> {
  send(message: CustomerMessage<Content>): Promise<AttemptResult>;
}

/** Who brings messages to customers; a channel that is not set up is not there. */
export interface Couriers {
  readonly email?: Courier<EmailMessage>;
  readonly sms?: Courier<string>;
}

/** The setting that a channel lacks. */
export const SET_UP_BY: Readonly<Record<ContactChannel, string>> = {
  email: 'SMTP_URL',
  sms: 'TWILIO_ACCOUNT_SID',
};
