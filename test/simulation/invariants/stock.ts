import { z } from 'zod';
import {
  add,
  changesOf,
  type Invariant,
  type MovementRow,
  must,
  type ReservationRow,
  rowsOf,
  type StockRow,
} from './watch.js';

const keyOf = ({ tenantId, productId }: { tenantId: string; productId: string }): string =>
  `${tenantId} ${productId}`;

const Put = z.object({ productId: z.string(), stock: z.number().optional(), delta: z.number().optional() });
const IMPORT = 'products.import';

/** What was put in is available, reserved or sold; nothing is below zero; the movements add up to it. */
export const stockAddsUp: Invariant = ({ workload, stores }) => {
  /** By the id of the command: what it puts in, if it is carried out. */
  const puts = new Map<string, { key: string; units: number }>();
  for (const { envelope } of [...workload.opening, ...workload.errands.flatMap(({ sent }) => sent)]) {
    if (!envelope.type.startsWith('products.') || envelope.type === IMPORT) continue;
    const { productId, stock, delta } = Put.parse(envelope.data);
    puts.set(envelope.id, { key: `${envelope.tenantid} ${productId}`, units: stock ?? delta ?? 0 });
  }
  const putIn = new Map<string, number>();
  const moved = new Map<string, number>();
  const check = (stock: StockRow) => {
    const { available, reserved, sold } = stock;
    const key = keyOf(stock);
    const shown = () =>
      `${key}: available ${available}, reserved ${reserved}, sold ${sold}, put in ${putIn.get(key)}, moved ${moved.get(key)}`;
    must(available >= 0 && reserved >= 0 && sold >= 0, 'stock-adds-up', shown);
    must(available + reserved + sold === (putIn.get(key) ?? 0), 'stock-adds-up', shown);
    must(available === (moved.get(key) ?? 0), 'stock-adds-up', shown);
  };
  return {
    committed(commit) {
      if (commit.service !== 'products-service') return;
      for (const [at, { cause }] of commit.tasks.entries()) {
        const put = puts.get(cause.id);
        const decision = commit.committed.decisions[at];
        if (!put || decision?.kind !== 'done' || !decision.reply?.ok) continue;
        puts.delete(cause.id); // once, however often it is carried out
        add(putIn, put.key, put.units);
      }
      for (const { after } of changesOf<MovementRow>(commit, 'movements')) {
        if (!after) continue;
        add(moved, keyOf(after), after.delta);
        // A file says how much is to be there, not how much is put in.
        if (after.orderId === null && after.reason === 'import') add(putIn, keyOf(after), after.delta);
      }
      for (const { after } of changesOf<StockRow>(commit, 'stock')) if (after) check(after);
    },
    atRest() {
      for (const stock of rowsOf<StockRow>(stores['products-service'], 'stock')) check(stock);
    },
  };
};

/** Each movement of a product begins where the one before it ended, and the last one ends at what is available. */
export const movementsFormAChain: Invariant = () => {
  const ends = new Map<string, { position: number; after: number }>();
  return {
    committed(commit) {
      if (commit.service !== 'products-service') return;
      const made = changesOf<MovementRow>(commit, 'movements').flatMap(({ after }) => after ?? []);
      for (const movement of made.toSorted((one, other) => one.position - other.position)) {
        const key = keyOf(movement);
        const { position, after } = ends.get(key) ?? { position: 0, after: 0 };
        must(
          movement.position === position + 1 &&
            movement.before === after &&
            movement.after === after + movement.delta,
          'movements-form-a-chain',
          () => `${key}: ${JSON.stringify(movement)} follows number ${position}, which ended at ${after}`,
        );
        ends.set(key, movement);
      }
      for (const { after: stock } of changesOf<StockRow>(commit, 'stock')) {
        const end = stock && (ends.get(keyOf(stock))?.after ?? 0);
        must(
          stock?.available === end,
          'movements-form-a-chain',
          () => `${stock && keyOf(stock)}: available ${stock?.available}, the last movement ended at ${end}`,
        );
      }
    },
  };
};

const Level = z.object({ productId: z.string(), available: z.number(), delta: z.number() });
const SETS_THRESHOLDS = new Set(['products.create', 'products.update', IMPORT]);

/** Each time that stock comes down to its threshold is published once, whatever the cause. */
export const lowStockIsPublishedOnce: Invariant = () => ({
  committed(commit) {
    if (commit.service !== 'products-service') return;
    const movements = changesOf<MovementRow>(commit, 'movements').flatMap(({ after }) => after ?? []);
    const published = commit.published.filter(({ type }) => type === 'product.stockLow');
    const staffAtIt = commit.tasks.some(({ type }) => SETS_THRESHOLDS.has(type));
    for (const { before, after } of changesOf<StockRow>(commit, 'stock')) {
      if (!after) continue;
      const { tenantId, productId } = after;
      const said = published.flatMap(({ tenantid, data }) => {
        const level = Level.parse(data);
        return tenantid === tenantId && level.productId === productId ? [level] : [];
      });
      if (staffAtIt) {
        // The threshold may have been another one in between: only from where to where it went is known.
        const became = isLow(after) && !(before && isLow(before));
        must(
          !became || said.length > 0,
          'low-stock-is-published-once',
          () => `${keyOf(after)} became low, and no event was published`,
        );
        continue;
      }
      const threshold = after.lowStockThreshold ?? Number.NEGATIVE_INFINITY;
      const crossings = movements
        .filter((movement) => keyOf(movement) === keyOf(after))
        .toSorted((one, other) => one.position - other.position)
        .filter((movement) => movement.before > threshold && movement.after <= threshold);
      const shown = (levels: readonly { delta: number; available: number }[]) =>
        levels.map(({ delta, available }) => `${delta} to ${available}`).join(', ');
      const due = shown(crossings.map(({ delta, after: available }) => ({ delta, available })));
      must(
        shown(said) === due,
        'low-stock-is-published-once',
        () =>
          `${keyOf(after)} came down to ${threshold} by ${due || 'nothing'}, published was ${shown(said) || 'nothing'}`,
      );
    }
  },
});

const isLow = ({ available, lowStockThreshold }: StockRow): boolean =>
  lowStockThreshold !== null && available <= lowStockThreshold;

const Lines = z.array(z.object({ productId: z.string(), quantity: z.number() }));

/**
 * Reserved is what reservations hold, sold is what they have committed: so what was held comes back exactly once. An
 * order has one reservation for good.
 */
export const stockMatchesReservations: Invariant = ({ stores }) => {
  const held = new Map<string, number>();
  const sold = new Map<string, number>();
  const count = (reservation: ReservationRow | undefined, sign: 1 | -1, touched: Set<string>) => {
    const sums =
      reservation?.status === 'HELD' ? held : reservation?.status === 'COMMITTED' ? sold : undefined;
    if (!reservation || !sums) return;
    for (const { productId, quantity } of Lines.parse(JSON.parse(reservation.items))) {
      const key = keyOf({ tenantId: reservation.tenantId, productId });
      add(sums, key, sign * quantity);
      touched.add(key);
    }
  };
  return {
    committed(commit) {
      if (commit.service !== 'products-service') return;
      const touched = new Set<string>();
      for (const { before, after } of changesOf<ReservationRow>(commit, 'reservations')) {
        must(
          !before || before.reservationId === after?.reservationId,
          'one-reservation-per-order',
          () =>
            `order ${before?.orderId} had the reservation ${before?.reservationId} and now ${after?.reservationId}`,
        );
        count(before, -1, touched);
        count(after, 1, touched);
      }
      for (const { after } of changesOf<StockRow>(commit, 'stock')) if (after) touched.add(keyOf(after));
      const stock = stores['products-service'].rows('stock');
      for (const key of touched) {
        const row = stock.get(key.replace(' ', '\u0000'));
        must(
          row?.reserved === (held.get(key) ?? 0) && row.sold === (sold.get(key) ?? 0),
          'stock-matches-reservations',
          () =>
            `${key}: reserved ${String(row?.reserved)}, held by orders ${held.get(key) ?? 0}; sold ${String(row?.sold)}, committed ${sold.get(key) ?? 0}`,
        );
      }
    },
  };
};

const Imported = z.object({ lines: z.array(z.object({ sku: z.string() })) });

/** An import that was accepted has brought every one of its lines. */
export const importsAreWhole: Invariant = ({ workload, stores }) => {
  const files = new Map(
    workload.errands
      .flatMap(({ sent }) => sent)
      .filter(({ envelope }) => envelope.type === IMPORT)
      .map(({ envelope }) => [envelope.id, Imported.parse(envelope.data).lines]),
  );
  return {
    committed(commit) {
      if (commit.service !== 'products-service') return;
      for (const [at, { cause }] of commit.tasks.entries()) {
        const decision = commit.committed.decisions[at];
        if (decision?.kind !== 'done' || !decision.reply?.ok) continue;
        for (const { sku } of files.get(cause.id) ?? [])
          must(
            stores['products-service'].rows('product_skus').has(`${cause.tenantid}\u0000${sku}`),
            'imports-are-whole',
            () => `${cause.tenantid} imported ${sku}, and it is not there`,
          );
      }
    },
  };
};
