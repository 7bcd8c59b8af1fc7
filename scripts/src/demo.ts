import { Comanda } from '@comanda/client';
import { oneLine } from '@comanda/contracts';
import type { TelegramStub } from '@comanda/stand-ins';
import { pc } from './colours.js';
import { CUSTOMER, DEMO_PASSWORD, STAFF } from './demo-accounts.js';
import { type DemoSubscription, ensureSubscriptions } from './demo-subscriptions.js';
import { awaitNotifications, type Notifications } from './notifications.js';
import type { Page } from './page.js';
import { journeyLines, placeSampleOrder, type SampleOrder } from './sample-order.js';

export interface DemoOptions {
  /** The gateway's URL. */
  readonly gateway: string;
  readonly subscriptions: readonly DemoSubscription[];
  readonly telegram: TelegramStub | undefined;
}

/** Shows that the platform works, through its public API only: subscribe, order, follow the order, get notified. */
export async function runDemo(options: DemoOptions, page: Page): Promise<void> {
  const { order, arrived } = await page.step('A sample order', (say) => orderOnce(options, say));
  for (const line of journeyLines(order.steps)) page.line(`   ${line}`);
  if (arrived !== undefined) for (const line of notificationLines(arrived)) page.line(`    ${line}`);
  if (order.status !== 'CONFIRMED') throw new Error(`it ended as ${outcome(order)} instead of CONFIRMED`);
}

async function orderOnce({ gateway, subscriptions, telegram }: DemoOptions, say: (detail: string) => void) {
  const staff = new Comanda(gateway, { email: STAFF, password: DEMO_PASSWORD });
  const customer = new Comanda(gateway, { email: CUSTOMER, password: DEMO_PASSWORD });
  await ensureSubscriptions(staff, subscriptions);
  const order = await placeSampleOrder(customer);
  say(`accepted in ${ms(order.acceptedAfterMs)}, ${outcome(order)} after ${ms(order.finishedAfterMs)}`);
  if (order.status !== 'CONFIRMED' || subscriptions.length === 0) return { order };
  return { order, arrived: await awaitNotifications(staff, order.orderId, telegram?.messages) };
}

const outcome = ({ status, failureReason }: SampleOrder): string =>
  failureReason === undefined ? status : `${status} (${failureReason})`;

const MAX_MESSAGE = 60;

/** One line for each kind of delivery, with how many there were, and one for each message of the local Telegram. */
function notificationLines({ deliveries, telegram }: Notifications): string[] {
  const counts = new Map<string, number>();
  for (const { eventType, status } of deliveries) {
    const what = `${eventType} ${status}`;
    counts.set(what, (counts.get(what) ?? 0) + 1);
  }
  const plain = (text: string): string => oneLine(text.replace(/<[^>]+>/g, '')).slice(0, MAX_MESSAGE);
  return [
    ...[...counts].sort().map(([what, count]) => `${pc.dim('webhooks')}  ${what} x ${count}`),
    ...telegram.map(({ text }) => `${pc.dim('Telegram')}  ${plain(text)}`),
  ];
}

function ms(duration: number): string {
  return `${Math.round(duration)} ms`;
}
