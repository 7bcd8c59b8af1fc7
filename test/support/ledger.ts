import type { Installation } from './installation.js';

/** The rows of all five databases that the books are made of, as they are stored. */
export interface OrderRow {
  readonly order_id: string;
  readonly status: string;
  readonly items: string;
  readonly total_amount: number;
  readonly refunded_amount: number;
  readonly payment_id: string | null;
  readonly failure_code: string | null;
  readonly sequence: number;
}
export interface StepRow {
  readonly order_id: string;
  readonly message_id: string;
  readonly type: string;
}
export interface StockRow {
  readonly product_id: string;
  readonly available: number;
  readonly reserved: number;
  readonly sold: number;
}
export interface MovementRow {
  readonly product_id: string;
  readonly delta: number;
  readonly order_id: string | null;
}
export interface ReservationRow {
  readonly order_id: string;
  readonly status: string;
  readonly items: string;
  readonly sequence: number;
}
export interface PaymentRow {
  readonly order_id: string;
  readonly payment_id: string;
  readonly status: string;
  readonly refund_on_capture: number;
  readonly amount: number;
  readonly refunded_amount: number;
  readonly sequence: number;
}
export interface SubscriptionRow {
  readonly subscription_id: string;
  readonly enabled: number;
  readonly deleted: number;
  readonly sequence: number;
}
export interface EventRow {
  readonly event_id: string;
  readonly type: string;
  readonly order_id: string | null;
  readonly body: string;
}
export interface DeliveryRow {
  readonly delivery_id: string;
  readonly subscription_id: string;
  readonly event_id: string;
  readonly status: string;
  readonly replay_id: string | null;
}

/** The databases that are compared. */
type Behind = 'products' | 'orders' | 'payments' | 'webhooks';

/** What all services have written down, read at one moment. */
export interface Ledger {
  readonly orders: readonly OrderRow[];
  readonly steps: readonly StepRow[];
  readonly stock: readonly StockRow[];
  readonly movements: readonly MovementRow[];
  readonly reservations: readonly ReservationRow[];
  readonly payments: readonly PaymentRow[];
  readonly subscriptions: readonly SubscriptionRow[];
  /** Every event that webhook-publisher has handled since the witness subscribed. */
  readonly events: readonly EventRow[];
  readonly deliveries: readonly DeliveryRow[];
  readonly inbox: Readonly<Record<Behind, ReadonlySet<string>>>;
  readonly outbox: Readonly<Record<Behind, number>>;
  readonly work: Readonly<Record<Behind, readonly { kind: string; id: string }[]>>;
}

export function readLedger(installation: Installation): Ledger {
  const each = <T>(read: (name: Behind) => T): Record<Behind, T> => ({
    products: read('products'),
    orders: read('orders'),
    payments: read('payments'),
    webhooks: read('webhooks'),
  });
  const databases = each((name) => installation.database(name));
  const all = <Row>(from: Behind, statement: string): Row[] =>
    databases[from].prepare<unknown[], Row>(statement).all();
  try {
    return {
      orders: all<OrderRow>('orders', 'SELECT * FROM orders'),
      steps: all<StepRow>('orders', 'SELECT * FROM order_timeline ORDER BY position'),
      stock: all<StockRow>('products', 'SELECT * FROM stock'),
      movements: all<MovementRow>('products', 'SELECT * FROM movements'),
      reservations: all<ReservationRow>('products', 'SELECT * FROM reservations'),
      payments: all<PaymentRow>('payments', 'SELECT * FROM payments'),
      subscriptions: all<SubscriptionRow>('webhooks', 'SELECT * FROM subscriptions'),
      // A test is for one subscription alone.
      events: all<EventRow>('webhooks', "SELECT * FROM events WHERE type <> 'webhook.test'"),
      deliveries: all<DeliveryRow>('webhooks', 'SELECT * FROM deliveries'),
      inbox: each(
        (name) =>
          new Set(
            all<{ message_id: string }>(name, 'SELECT message_id FROM inbox').map(
              ({ message_id }) => message_id,
            ),
          ),
      ),
      outbox: each((name) => all<{ n: number }>(name, 'SELECT count(*) AS n FROM outbox')[0]?.n ?? 0),
      work: each((name) => all<{ kind: string; id: string }>(name, 'SELECT kind, id FROM work')),
    };
  } finally {
    for (const database of Object.values(databases)) database.close();
  }
}
