import { FRAME_CONTENT_TYPE, NO_TENANT } from '@comanda/contracts';
import {
  type Delivery,
  type DeliveryChannel,
  type Effect,
  type Handler,
  type Outgoing,
  outgoing,
  singlesOf,
  type Transport,
  type WorkKind,
} from '@comanda/messaging';
import type { MoneyBack, PaymentProvider } from '@comanda/payments-service';
import type { Store, Transaction } from '@comanda/storage';
import { SOUND, type Variation } from './variation.js';
import type { Reader } from './world/broker.js';

/** A deliberate bug, and the invariants of which one must notice it. */
export interface Mutation {
  readonly name: string;
  readonly caughtBy: readonly string[];
  readonly variation: Variation;
  /** The first seed that is tried; 1 when left out. A bug that shows in a rare crossing alone is looked for near one. */
  readonly from?: number;
}

type Rows = Readonly<Record<string, unknown>>;
type Fields = Readonly<Record<string, unknown>>;

const broken = (
  name: string,
  caughtBy: readonly string[],
  breaks: Partial<Variation>,
  from?: number,
): Mutation => ({ name, caughtBy, variation: { ...SOUND, ...breaks }, ...(from !== undefined && { from }) });

/** A handler that sees other rows than there are. */
const seeing = (name: string, rows: (rows: Rows) => Rows): Partial<Variation> =>
  rewriting(name, (handler) => ({
    ...handler,
    decide: (message, found, context) => handler.decide(message, rows(found) as never, context),
  }));

/** A handler from which something else follows than should. */
const deciding = (
  name: string,
  effects: (effects: readonly Effect[]) => readonly Effect[],
): Partial<Variation> =>
  rewriting(name, (handler) => ({
    ...handler,
    decide: (message, rows, context) => effects(handler.decide(message, rows, context)),
  }));

/** A handler that tells nobody when it refuses a request. */
const silent = (name: string): Partial<Variation> =>
  deciding(name, (effects) =>
    effects.some((effect) => effect.kind === 'emit' && effect.event.type.endsWith('Rejected'))
      ? effects.filter(({ kind }) => kind === 'respond')
      : effects,
  );

const rewriting = (name: string, rewrite: (handler: Handler) => Handler): Partial<Variation> => ({
  handler: (_service: Reader, handler: Handler) => (handler.name === name ? rewrite(handler) : handler),
});

/** An event that says something else than it should. */
const telling =
  (type: string, otherwise: (data: Fields) => Fields) =>
  (effects: readonly Effect[]): readonly Effect[] =>
    effects.map((effect) =>
      effect.kind === 'emit' && effect.event.type === type
        ? { ...effect, data: otherwise(effect.data as Fields) }
        : effect,
    );

/** Due work that sees other rows than there are. */
const working = (kind: string, rows: (rows: Rows) => Rows): Partial<Variation> => ({
  work: (work: WorkKind) =>
    work.kind === kind
      ? {
          ...work,
          decide: (job, result, found, context) => work.decide(job, result, rows(found) as never, context),
        }
      : work,
});

/** Due work from which something else follows than should. */
const ending = (
  kind: string,
  effects: (effects: readonly Effect[]) => readonly Effect[],
): Partial<Variation> => ({
  work: (work: WorkKind) =>
    work.kind === kind
      ? {
          ...work,
          decide: (job, result, rows, context) => effects(work.decide(job, result, rows, context)),
        }
      : work,
});

/** The provider's word on what went back, taken for another one. */
const hearing = (otherwise: (said: Extract<MoneyBack, { kind: 'known' }>) => MoneyBack): Partial<Variation> =>
  asking((provider) => ({
    moneyBack: async (payment) => {
      const said = await provider.moneyBack(payment);
      return said.kind === 'known' ? otherwise(said) : said;
    },
  }));

/** A provider that is asked otherwise, or whose answer is taken for another one. */
const asking = (
  otherwise: (provider: PaymentProvider) => Partial<Omit<PaymentProvider, 'name'>>,
): Partial<Variation> => ({
  provider: (provider) => ({
    name: provider.name,
    charge: (charge) => provider.charge(charge),
    find: (charge) => provider.find(charge),
    cancel: (charge) => provider.cancel(charge),
    refund: (refund) => provider.refund(refund),
    moneyBack: (payment) => provider.moneyBack(payment),
    paymentOf: (charge) => provider.paymentOf(charge),
    ...otherwise(provider),
  }),
});

/** A store with the operations of the one behind it, some of which may be replaced. */
const through = (store: Store): Store => ({
  transaction: (work, tenants) => store.transaction(work, tenants),
  outboxPage: (page) => store.outboxPage(page),
  find: (row) => store.find(row),
  read: (statement, ...parameters) => store.read(statement, ...parameters),
  of: (tenant) => store.of(tenant),
  acrossTenants: store.acrossTenants,
});

/** Transactions in which some operations do something else. */
const inTransactions =
  (otherwise: (transaction: Transaction) => Partial<Transaction>): Variation['ports'] =>
  (ports) => ({
    ...ports,
    store: {
      ...through(ports.store),
      transaction: (work, tenants) =>
        ports.store.transaction(
          (transaction) =>
            work(
              new Proxy(transaction, {
                get: (whole, name) => Reflect.get({ ...otherwise(whole) }, name) ?? bound(whole, name),
              }),
            ),
          tenants,
        ),
    },
  });

/** A method of an object that does not mind by whom it is called. */
const bound = (whole: object, name: string | symbol): unknown => {
  const found: unknown = Reflect.get(whole, name);
  return typeof found === 'function' ? found.bind(whole) : found;
};

const throughTransport = (transport: Transport): Transport => ({
  unhealthyReason: transport.unhealthyReason,
  ready: () => transport.ready(),
  publish: (message) => transport.publish(message),
  consume: (queue, open) => transport.consume(queue, open),
});

/** Messages that are published otherwise. */
const publishing =
  (otherwise: (message: Outgoing, publish: Transport['publish']) => Promise<void>): Variation['ports'] =>
  (ports) => ({
    ...ports,
    transport: {
      ...throughTransport(ports.transport),
      publish: (message) => otherwise(message, (changed) => ports.transport.publish(changed)),
    },
  });

/** Frames whose events are other ones than they should be. */
const framing = (otherwise: (events: readonly Fields[]) => readonly Fields[]): Variation['ports'] =>
  publishing((message, publish) =>
    publish(
      isFrame(message.options)
        ? { ...message, body: Buffer.from(JSON.stringify(otherwise(JSON.parse(message.body.toString())))) }
        : message,
    ),
  );

const isFrame = (properties: { readonly contentType?: unknown } | undefined): boolean =>
  properties?.contentType === FRAME_CONTENT_TYPE;

/** Deliveries that are taken otherwise. */
const taking =
  (otherwise: (delivery: Delivery, channel: DeliveryChannel) => Delivery): Variation['ports'] =>
  (ports) => ({
    ...ports,
    transport: {
      ...throughTransport(ports.transport),
      consume: (queue, open) =>
        ports.transport.consume(queue, (channel) => {
          const receive = open(channel);
          return (delivery) => receive(otherwise(delivery, channel));
        }),
    },
  });

/** Acks these deliveries the moment they come. */
const ackingAtOnce = (which: (delivery: Delivery) => boolean): Variation['ports'] =>
  taking((delivery, channel) => {
    if (which(delivery)) channel.ackUpTo(delivery.fields.deliveryTag);
    return delivery;
  });

const fieldsOf = (row: unknown): Fields | undefined =>
  typeof row === 'object' && row !== null ? { ...row } : undefined;

/** A row with some of its fields changed, where it has `field` with one of `values`. */
const changed = (row: unknown, field: string, values: readonly unknown[], change: Fields): unknown => {
  const fields = fieldsOf(row);
  return fields && values.includes(fields[field]) ? { ...fields, ...change } : row;
};

/** Events are published to other subscriptions than there are; what sees them is made for each process and each type. */
const publishingTo = (otherwise: () => (row: Fields) => Fields): Partial<Variation> => ({
  handler: (_service, handler) => {
    if (!handler.name.startsWith('publish ')) return handler;
    const seen = otherwise();
    return {
      ...handler,
      decide: (message, rows, context) => {
        const { subscriptions, ...others } = rows as Rows;
        const found = Array.isArray(subscriptions) ? subscriptions.map((row) => seen({ ...row })) : [];
        return handler.decide(message, { ...others, subscriptions: found } as never, context);
      },
    };
  },
});

const putting = (table: string, change: (row: Fields) => Fields) => (effects: readonly Effect[]) =>
  effects.map((effect) =>
    effect.kind === 'put' && effect.table.name === table
      ? { ...effect, row: change({ ...effect.row }) }
      : effect,
  );

const without = (kind: Effect['kind']) => (effects: readonly Effect[]) =>
  effects.filter((effect) => effect.kind !== kind);

const appending = (table: string, change: (row: Fields) => Fields) => (effects: readonly Effect[]) =>
  effects.map((effect) =>
    effect.kind === 'append' && effect.table.name === table
      ? { ...effect, row: change({ ...effect.row }) }
      : effect,
  );

const isLow = (effect: Effect): effect is Extract<Effect, { kind: 'emit' }> =>
  effect.kind === 'emit' && effect.event.type === 'product.stockLow';

/** The event is published so often, and the numbers of the product's events have no gap for that. */
const tellingLow = (times: 0 | 2) => (effects: readonly Effect[]) => {
  const low = new Map(effects.filter(isLow).map((effect) => [effect.subject, effect]));
  const counted = putting('stock', (row) => ({
    ...row,
    sequence: Number(row.sequence) + (low.has(String(row.productId)) ? times - 1 : 0),
  }))(effects);
  return counted.flatMap((effect): Effect[] => {
    if (!isLow(effect)) return [effect];
    const again = { ...effect, id: `${effect.id.slice(0, -4)}0bad`, sequence: effect.sequence + 1 };
    return times === 0 ? [] : [effect, again];
  });
};

/** The shelf as it would be with this much more on it. */
const fuller = (rows: unknown, units: number): unknown =>
  Array.isArray(rows)
    ? rows.map((row) => {
        const fields = fieldsOf(row);
        return fields && { ...fields, available: Number(fields.available) + units };
      })
    : rows;
const PLENTY = 1_000;

/** Each is one line that a tired programmer could write, in the variation or in a service. */
export const MUTATIONS: readonly Mutation[] = [
  // The life of a message.
  broken('no inbox', ['handled-once', 'one-delivery-per-subscriber'], {
    ports: inTransactions(() => ({ claimInbox: async (ids) => new Set(ids) })),
  }),
  broken('acked before the commit', ['nothing-is-lost'], {
    ports: ackingAtOnce(() => true),
  }),
  broken('published before the commit', ['published-was-committed'], {
    ports: (ports) =>
      inTransactions((transaction) => ({
        addToOutbox: async (rows, now) => {
          for (const row of rows) void ports.transport.publish(outgoing(row)).catch(() => undefined);
          await transaction.addToOutbox(rows, now);
        },
      }))(ports),
  }),
  broken('the outbox of a crashed process is forgotten', ['committed-is-published'], {
    ports: (ports) => ({ ...ports, store: { ...through(ports.store), outboxPage: async () => [] } }),
  }),
  broken('the retry schedule drops what it puts off', ['nothing-is-lost'], {
    ports: publishing(async (message, publish) => {
      if (!message.routingKey.includes('.retry.')) await publish(message);
    }),
  }),
  broken('a lease that has lapsed still counts', ['lease-is-held'], {
    ports: inTransactions(() => ({ heldLeases: async (leases) => [...leases] })),
  }),
  // Frames.
  broken('the last event of a frame is left out', ['committed-is-published'], {
    ports: framing((events) => events.slice(0, -1)),
  }),
  broken('a frame turns the order of its commit round', ['frames-keep-the-order'], {
    ports: framing((events) => events.toReversed()),
  }),
  broken('an event gets a new id in each frame', ['published-was-committed'], {
    ports: framing((events) =>
      events.map((event) => ({ ...event, id: `${String(event.id).slice(0, -4)}0bad` })),
    ),
  }),
  broken('a frame that is refused is taken for confirmed', ['committed-is-published'], {
    ports: publishing((message, publish) =>
      isFrame(message.options) ? publish(message).catch(() => undefined) : publish(message),
    ),
  }),
  broken('a frame is acked before its events are decided', ['nothing-is-lost'], {
    ports: ackingAtOnce(({ properties }) => isFrame(properties)),
  }),
  broken('only the first event of a frame is read', ['nothing-is-lost'], {
    ports: taking((delivery) => {
      const [first] = isFrame(delivery.properties) ? singlesOf(delivery) : [];
      return first?.delivery ?? delivery;
    }),
  }),
  broken('the fast path knows a frame by its first event', ['nothing-is-lost'], {
    ports: taking((delivery) => {
      const [first] = isFrame(delivery.properties) ? singlesOf(delivery) : [];
      const messageId = first?.delivery.properties.messageId ?? delivery.properties.messageId;
      return { ...delivery, properties: { ...delivery.properties, messageId } };
    }),
  }),
  broken(
    'a frame is remembered as done although one of its events is to be tried again',
    ['nothing-is-lost'],
    {
      ports: ({ fastPath, ...ports }) => ({
        ...ports,
        fastPath: fastPath && {
          ask: (arrivals) => fastPath.ask(arrivals),
          settle: (settled) => fastPath.settle({ ...settled, done: settled.held }),
        },
      }),
    },
  ),
  // Stock.
  broken('more is held than there is', ['stock-adds-up', 'movements-form-a-chain'], {
    handler: (_service, handler) =>
      handler.name === 'reserve stock when order created'
        ? {
            ...handler,
            decide: (message, rows, context) =>
              putting('stock', (row) => ({ ...row, available: Number(row.available) - PLENTY }))(
                handler.decide(
                  message,
                  { ...(rows as Rows), stock: fuller((rows as Rows).stock, PLENTY) } as never,
                  context,
                ),
              ),
          }
        : handler,
  }),
  broken(
    'stock is released twice',
    ['stock-adds-up', 'stock-matches-reservations'],
    seeing('release stock when order cancelled', (rows) => ({
      ...rows,
      reservation: changed(rows.reservation, 'status', ['RELEASED', 'EXPIRED'], { status: 'HELD' }),
    })),
  ),
  broken(
    'an expired reservation is committed without taking stock',
    ['stock-adds-up', 'stock-matches-reservations'],
    seeing('commit stock when order confirmed', (rows) => ({
      ...rows,
      reservation: changed(rows.reservation, 'status', ['EXPIRED'], { status: 'HELD' }),
    })),
  ),
  broken('what was committed expires', ['stock-adds-up', 'stock-matches-reservations'], {
    ...deciding('commit stock when order confirmed', without('cancel')),
    ...working('expire-reservation', (rows) => ({
      ...rows,
      reservation: changed(rows.reservation, 'status', ['COMMITTED'], { status: 'HELD' }),
    })),
  }),
  broken(
    'stock is held for an order that was cancelled before',
    ['one-reservation-per-order', 'stock-matches-reservations', 'accepted-order-ends'],
    seeing('reserve stock when order created', (rows) => ({ ...rows, reservation: undefined })),
  ),
  broken(
    'what was sold comes back twice',
    ['stock-adds-up', 'stock-matches-reservations', 'movements-form-a-chain'],
    seeing('release stock when order cancelled', (rows) => {
      const sold = fieldsOf(rows.reservation);
      return sold?.status === 'COMMITTED'
        ? { ...rows, reservation: { ...sold, items: [sold.items, sold.items].flat() } }
        : rows;
    }),
  ),
  broken(
    'stock that is sold again is in no movement',
    ['stock-adds-up', 'movements-form-a-chain'],
    deciding('commit stock when order confirmed', without('append')),
  ),
  broken(
    'a movement tells of another level than there was',
    ['movements-form-a-chain'],
    deciding(
      'release stock when order cancelled',
      appending('movements', (row) => ({
        ...row,
        before: Number(row.before) + 1,
        after: Number(row.after) + 1,
      })),
    ),
  ),
  broken(
    'low stock is told twice',
    ['low-stock-is-published-once'],
    deciding('reserve stock when order created', tellingLow(2)),
  ),
  broken(
    'nobody is told that an order took stock down to its threshold',
    ['low-stock-is-published-once'],
    deciding('reserve stock when order created', tellingLow(0)),
  ),
  broken(
    'an import leaves out what is new',
    ['imports-are-whole'],
    deciding('import products', (effects) =>
      effects.filter((effect) => effect.kind !== 'put' || effect.table.name !== 'product_skus'),
    ),
  ),
  // Orders.
  broken(
    'a cancelled order is confirmed',
    ['order-follows-its-life'],
    seeing('confirm order when payment completed', (rows) => ({
      ...rows,
      order: changed(rows.order, 'status', ['CANCELLED'], { status: 'AWAITING_PAYMENT' }),
    })),
  ),
  broken(
    'a line of an order is told with another total',
    ['order-costs-its-lines'],
    deciding(
      'create order',
      telling('order.created', (data) => ({ ...data, totalAmount: Number(data.totalAmount) + 1 })),
    ),
  ),
  broken(
    'a refund is requested without its currency',
    ['amounts-have-currency'],
    deciding(
      'refund order',
      telling('order.refundRequested', ({ currency: _, ...data }) => data),
    ),
  ),
  broken(
    'a confirmation is not counted in the sequence',
    ['sequence-has-no-gap'],
    deciding(
      'confirm order when payment completed',
      putting('orders', (row) => ({ ...row, sequence: Number(row.sequence) - 1 })),
    ),
  ),
  broken(
    'a late price overwrites a newer one',
    ['price-list-is-the-catalogue'],
    seeing('change price when product updated', (rows) => ({ ...rows, known: undefined })),
    160,
  ),
  broken(
    'a refund is not noted',
    ['refunds-agree', 'refund-requests-end'],
    deciding('note refund', without('put')),
  ),
  broken(
    'a refund is counted twice',
    ['refunds-agree', 'refunds-stay-within'],
    rewriting('note refund', (handler) => ({
      ...handler,
      decide: (message, rows, context) => {
        const { data } = message as { data: Fields };
        const remaining = Math.max(Number(data.remaining) - Number(data.amount), 0);
        const twice = { ...(message as Fields), data: { ...data, remaining } };
        return handler.decide(twice as never, rows, context);
      },
    })),
  ),
  broken(
    'a refund that is asked for twice is two requests',
    ['accepted-requests-are-answered', 'refund-requests-end', 'refunds-agree', 'refunds-stay-within'],
    seeing('refund order', (rows) => ({ ...rows, request: undefined })),
  ),
  broken(
    'a refund that is refused after its 202 is not told',
    ['accepted-requests-are-answered'],
    silent('refund order'),
  ),
  broken(
    'a refund that is refused is refused again when it comes twice',
    ['accepted-requests-are-answered'],
    seeing('refund order', (rows) => ({ ...rows, refused: undefined })),
  ),
  broken(
    'a cancellation that comes too late is not told',
    ['accepted-requests-are-answered'],
    silent('cancel order'),
  ),
  broken(
    'what is on its way back is asked for again',
    ['refunds-stay-within', 'refunds-agree'],
    seeing('refund order', (rows) => ({
      ...rows,
      order: rows.order && { ...fieldsOf(rows.order), refundingAmount: 0 },
    })),
  ),
  broken(
    'a refund that failed is dropped',
    ['refund-requests-end', 'refunds-agree'],
    deciding('note that a refund failed', without('put')),
  ),
  broken(
    'a fulfilled order is called off',
    ['order-follows-its-life'],
    seeing('cancel order', (rows) => ({
      ...rows,
      order: changed(rows.order, 'status', ['FULFILLED'], { status: 'CONFIRMED' }),
    })),
  ),
  broken(
    'an order is fulfilled before it is known to be sold',
    ['accepted-order-ends', 'order-follows-its-life'],
    seeing('fulfil order', (rows) => ({
      ...rows,
      order: changed(rows.order, 'stockCommittedAt', [null], {
        stockCommittedAt: '2026-01-01T12:00:00.000Z',
      }),
    })),
    868,
  ),
  // Money.
  broken(
    'charged although the order was cancelled',
    ['captured-means-confirmed-or-refunded'],
    seeing('charge when stock reserved', (rows) => ({
      ...rows,
      existing: fieldsOf(rows.existing)?.status === 'VOID' ? undefined : rows.existing,
    })),
  ),
  broken(
    'a payment that comes too late is kept',
    ['captured-means-confirmed-or-refunded', 'accepted-order-ends'],
    working('charge', (rows) => ({
      ...rows,
      payment: changed(rows.payment, 'refundOnCapture', [true], { refundOnCapture: false }),
    })),
  ),
  broken(
    'each call of a charge has an id of its own',
    ['one-capture-per-order', 'captured-means-confirmed-or-refunded'],
    asking((provider) => {
      let calls = 0;
      const another = (id: string) => `${id.slice(0, -6)}${String(++calls).padStart(6, '0')}`;
      return {
        charge: (charge) => provider.charge({ ...charge, paymentId: another(charge.paymentId) }),
      };
    }),
  ),
  broken(
    'no answer is taken for a refusal',
    ['captured-means-confirmed-or-refunded'],
    asking((provider) => ({
      charge: async (charge) => {
        const result = await provider.charge(charge);
        return result.kind === 'unknown'
          ? { kind: 'declined', code: 'SILENCE', reason: 'No answer' }
          : result;
      },
    })),
  ),
  broken(
    'a call without an answer is taken for one that was not made',
    ['captured-means-confirmed-or-refunded'],
    asking((provider) => ({
      charge: async (charge) => {
        const result = await provider.charge(charge);
        return result.kind === 'unknown' ? { kind: 'unavailable' } : result;
      },
    })),
  ),
  broken(
    'what is not wanted any longer is looked up but not stopped',
    ['captured-means-confirmed-or-refunded'],
    asking((provider) => ({
      cancel: async (charge) => {
        const found = await provider.find(charge);
        return found.kind === 'none' ? { kind: 'closed' } : found;
      },
    })),
    63,
  ),
  broken(
    'what the provider has not decided is taken for declined',
    ['captured-means-confirmed-or-refunded'],
    asking((provider) => ({
      charge: async (charge) => {
        const result = await provider.charge(charge);
        return result.kind === 'pending'
          ? { kind: 'declined', code: 'TOO_SLOW', reason: 'Not decided' }
          : result;
      },
    })),
  ),
  broken(
    'a cancelled order keeps its money',
    ['captured-means-confirmed-or-refunded', 'accepted-order-ends'],
    deciding('give back when order cancelled', without('schedule')),
  ),
  broken(
    'the rest is computed without what is on its way back',
    ['refunds-add-up', 'refunds-stay-within', 'refunds-within-capture'],
    seeing('give back when order cancelled', (rows) => ({
      ...rows,
      payment: fieldsOf(rows.payment) && { ...fieldsOf(rows.payment), refundingAmount: 0 },
    })),
    140,
  ),
  broken(
    'a refund that fails after its order was called off is forgotten',
    ['captured-means-confirmed-or-refunded', 'accepted-order-ends'],
    working('refund', (rows) => ({
      ...rows,
      payment: changed(rows.payment, 'refundOnCapture', [true], { refundOnCapture: false }),
    })),
    93,
  ),
  broken(
    'money that is owed is given up when the provider says no',
    ['captured-means-confirmed-or-refunded', 'accepted-order-ends', 'no-dead-letters'],
    working('refund', (rows) => ({
      payment: changed(rows.payment, 'refundOnCapture', [true], { refundOnCapture: false }),
      wanted: changed(rows.wanted, 'cause', ['undo'], { cause: 'request' }),
    })),
  ),
  broken(
    'a refund that is refused is taken for done',
    ['captured-means-confirmed-or-refunded', 'refunds-agree'],
    asking((provider) => ({
      refund: async (refund) => {
        const result = await provider.refund(refund);
        return result.kind === 'refused' ? { kind: 'refunded', reference: 'none' } : result;
      },
    })),
  ),
  broken(
    'each try of a refund has an id of its own',
    ['refunds-within-capture', 'refunds-agree', 'captured-means-confirmed-or-refunded'],
    asking((provider) => {
      let calls = 0;
      const another = (id: string) => `${id.slice(0, -6)}${String(++calls).padStart(6, '0')}`;
      return { refund: (refund) => provider.refund({ ...refund, refundId: another(refund.refundId) }) };
    }),
  ),
  // What the provider says later.
  broken(
    'a refund that failed later stays refunded',
    ['books-follow-the-provider', 'refunds-agree', 'captured-means-confirmed-or-refunded'],
    hearing((said) => ({ ...said, refunds: said.refunds.filter(({ status }) => status !== 'failed') })),
  ),
  broken(
    'what is owed and failed later is not tried again',
    ['captured-means-confirmed-or-refunded', 'accepted-order-ends'],
    ending('reconcile', (effects) =>
      effects.filter((effect) => effect.kind !== 'schedule' || effect.work !== 'refund'),
    ),
  ),
  broken(
    'a refund that was made at the provider is not counted',
    // What is owed is then more than is left there, and is asked for again and again.
    ['books-follow-the-provider', 'refunds-agree', 'comes-to-rest'],
    hearing((said) => ({
      ...said,
      refunds: said.refunds.filter(({ refundId }) => refundId !== undefined),
    })),
  ),
  broken(
    'a refund that was made at the provider counts at each call',
    ['refunds-agree', 'books-follow-the-provider'],
    asking((provider) => {
      let calls = 0;
      return {
        moneyBack: async (payment) => {
          const said = await provider.moneyBack(payment);
          if (said.kind === 'unknown') return said;
          calls += 1;
          const another = (reference: string) => `${reference} ${calls}`;
          return {
            ...said,
            refunds: said.refunds.map((one) =>
              one.refundId === undefined ? { ...one, reference: another(one.reference) } : one,
            ),
          };
        },
      };
    }),
  ),
  broken(
    'a lost dispute is paid back once more',
    ['disputes-agree', 'books-follow-the-provider', 'captured-means-confirmed-or-refunded', 'comes-to-rest'],
    hearing((said) => ({
      ...said,
      disputes: said.disputes.map((one) => ({ ...one, status: one.status === 'lost' ? 'won' : one.status })),
    })),
  ),
  broken(
    'a dispute that was won counts as lost',
    ['disputes-agree', 'books-follow-the-provider', 'refunds-agree', 'captured-means-confirmed-or-refunded'],
    hearing((said) => ({
      ...said,
      disputes: said.disputes.map((one) => ({ ...one, status: one.status === 'won' ? 'lost' : one.status })),
    })),
    28,
  ),
  broken(
    'an order takes an older word of its payment for the newest',
    ['refunds-agree', 'refunds-stay-within'],
    seeing('note refund', (rows) => ({
      ...rows,
      order: rows.order && { ...fieldsOf(rows.order), paymentSequence: 0 },
    })),
    202,
  ),
  broken(
    'a call that does not say whose payment it is about is dropped',
    ['books-follow-the-provider', 'refunds-agree', 'disputes-agree'],
    rewriting('ask when provider called', (handler) => ({
      ...handler,
      decide: (message, rows, context) =>
        (message as Fields).tenantid === NO_TENANT ? [] : handler.decide(message, rows, context),
    })),
  ),
  // Tenants and subscribers.
  broken(
    'stock is looked up without the tenant',
    ['tenants-stay-apart', 'stock-matches-reservations', 'sequence-has-no-gap', 'no-dead-letters'],
    rewriting('reserve stock when order created', (handler) => ({
      ...handler,
      needs: (message) => ({
        ...handler.needs(message),
        stock: handler.needs({ ...(message as Fields), tenantid: 'anna' } as never).stock ?? [],
      }),
    })),
  ),
  broken(
    'a subscriber is forgotten',
    ['every-subscription-gets-its-events'],
    seeing('publish order.confirmed', (rows) => ({ ...rows, subscriptions: [] })),
  ),
  broken(
    'an event that a subscriber asked for counts as wanted by nobody',
    ['every-subscription-gets-its-events', 'customers-hear-once'],
    rewriting('publish order.confirmed', ({ wanted, ...handler }) => ({
      ...handler,
      ...(wanted && { wanted: { ...wanted, by: () => false } }),
    })),
  ),
  broken(
    'what a subscription wants is remembered from the first event of a type, and later changes go unnoticed',
    ['every-subscription-gets-its-events'],
    publishingTo(() => {
      const known = new Map<unknown, unknown>();
      return ({ subscriptionId, eventTypes, ...others }) => {
        if (!known.has(subscriptionId)) known.set(subscriptionId, eventTypes);
        return { ...others, subscriptionId, eventTypes: known.get(subscriptionId) };
      };
    }),
  ),
  broken(
    'what a subscription wants from now on is not written down',
    ['what-is-wanted-is-written-down'],
    deciding('update subscription', without('append')),
  ),
  broken(
    'a change is written down and not made',
    ['what-is-wanted-is-written-down'],
    deciding('update subscription', without('put')),
  ),
  broken(
    'a subscription that is off gets its events',
    ['every-subscription-gets-its-events'],
    publishingTo(() => (row) => ({ ...row, enabled: true })),
  ),
  broken(
    'a rotation that is asked for twice makes two secrets',
    ['a-rotation-makes-one-secret'],
    rewriting('rotate secret', (handler) => ({
      ...handler,
      decide: (message, rows, context) => {
        const { data, ...others } = message as Fields;
        const another = { ...others, data: { ...Object(data), rotationId: context.newId() } };
        return handler.decide(another as never, rows, context);
      },
    })),
  ),
  broken(
    'an event that has overtaken its contact is forgotten',
    ['customers-hear-once'],
    seeing('remember contact', (rows) => ({ ...rows, waiting: [] })),
  ),
  broken(
    'a contact that was erased is remembered again',
    ['an-erased-contact-stays-erased'],
    seeing('remember contact', ({ known, ...rows }) => ({
      ...rows,
      known: known && { ...Object(known), erasedAt: null },
    })),
    38,
  ),
  broken(
    'a deleted subscription keeps its secrets',
    ['a-deleted-subscription-gets-nothing'],
    deciding(
      'delete subscription',
      putting('subscriptions', (row) => ({ ...row, secrets: 'kept' })),
    ),
  ),
  broken(
    'a delivery that is asked for again waits for ever',
    ['every-subscription-gets-its-events'],
    deciding('retry delivery', without('schedule')),
  ),
  broken(
    'what arrived once is not sent again',
    ['asked-again-is-sent-again'],
    deciding('retry delivery', (effects) => effects.filter(({ kind }) => kind === 'respond')),
  ),
  broken(
    'a replay forgets how far it was',
    ['a-replay-sends-each-event-once', 'comes-to-rest'],
    ending(
      'replay',
      putting('replays', (row) => ({ ...row, position: '' })),
    ),
    4,
  ),
  broken(
    'an attempt is not counted',
    ['hours-add-up'],
    ending('deliver', (effects) =>
      effects.filter((effect) => effect.kind !== 'put' || effect.table.name !== 'delivery_hours'),
    ),
  ),
  broken(
    'a replay leaves out the event that there was no room for',
    ['a-replay-sends-each-event-once'],
    ending('replay', (effects) => {
      const first = effects.find((effect) => effect.kind === 'schedule' && effect.work === 'deliver');
      const at = first ? effects.indexOf(first) : effects.length;
      // Its row stands before its work.
      return [...effects.slice(0, Math.max(0, at - 1)), ...effects.slice(at + 1)];
    }),
  ),
  broken(
    'a replay that was called off never ends',
    ['nothing-is-left', 'a-replay-sends-each-event-once'],
    deciding('cancel replay', without('put')),
  ),
  broken(
    'a subscription is created without a secret',
    ['a-deleted-subscription-gets-nothing'],
    deciding(
      'create subscription',
      putting('subscriptions', (row) => ({ ...row, secrets: null })),
    ),
  ),
];
