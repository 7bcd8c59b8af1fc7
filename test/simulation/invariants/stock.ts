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

/** What was put in is available, reserved or sold; nothing is below zero; the movements tell how it came to this. */
export const stockAddsUp: Invariant = ({ workload, stores }) => {
  /** By the id of the command: what it puts in, if it is carried out. */
  const puts = new Map<string, { key: string; units: number }>();
  for (const { envelope } of [...workload.opening, ...workload.errands.flatMap(({ sent }) => sent)]) {
    if (!envelope.type.startsWith('products.')) continue;
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
      for (const { after } of changesOf<MovementRow>(commit, 'movements'))
        if (after) add(moved, keyOf(after), after.delta);
      for (const { after } of changesOf<StockRow>(commit, 'stock')) if (after) check(after);
    },
    atRest() {
      for (const stock of rowsOf<StockRow>(stores['products-service'], 'stock')) check(stock);
    },
  };
};

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
