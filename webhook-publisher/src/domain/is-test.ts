import { WebhookTest } from '@comanda/contracts';

/** Whether somebody has had it sent to see whether it arrives: it counts for nothing and is sent once. */
export const isTest = ({ eventType }: { readonly eventType: string }): boolean =>
  eventType === WebhookTest.type;
