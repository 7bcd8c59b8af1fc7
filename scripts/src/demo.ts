import { oneLine } from '@comanda/contracts';
import type { TelegramStub } from '@comanda/stand-ins';
import pc from 'picocolors';
import { CUSTOMER, DEMO_PASSWORD, STAFF } from './demo-accounts.js';
import { type DemoSubscription, ensureSubscriptions } from './demo-subscriptions.js';
import { logIn } from './gateway-client.js';
import { awaitNotifications } from './notifications.js';
import { journeyLines, placeSampleOrder } from './sample-order.js';
import { print, say } from './terminal.js';

export interface DemoOptions {
  /** The gateway's URL. */
  readonly gateway: string;
  readonly subscriptions: readonly DemoSubscription[];
  readonly telegram: TelegramStub | undefined;
}

/** Shows that the platform works, through its public API only: subscribe, order, follow the order, get notified. */
export async function runDemo({ gateway, subscriptions, telegram }: DemoOptions): Promise<void> {
  const [staff, customer] = await Promise.all([
    logIn(gateway, STAFF, DEMO_PASSWORD),
    logIn(gateway, CUSTOMER, DEMO_PASSWORD),
  ]);
  const made = await ensureSubscriptions(staff, subscriptions);
  if (made > 0) say(`${made} demo subscriptions made`);

  const order = await placeSampleOrder(customer);
  const { acceptedAfterMs: accepted, finishedAfterMs: finished } = order;
  const reason = order.failureReason === undefined ? '' : ` (${order.failureReason})`;
  say(
    `Sample order ${order.orderId}: accepted in ${ms(accepted)}, ${order.status}${reason} after ${ms(finished)}`,
  );
  for (const line of journeyLines(order.steps)) print(`  ${line}`);
  if (order.status !== 'CONFIRMED')
    throw new Error(`it ended as ${order.status}${reason} instead of CONFIRMED`);

  if (subscriptions.length === 0) return;
  const arrived = await awaitNotifications(staff, order.orderId, telegram?.messages);
  for (const { eventType, status } of arrived.deliveries)
    print(`  ${pc.dim('webhook ')}  ${eventType} ${status}`);
  for (const { text } of arrived.telegram) print(`  ${pc.dim('Telegram')}  ${oneLine(text)}`);
}

function ms(duration: number): string {
  return `${Math.round(duration)} ms`;
}
