import { hundredths } from '../measure/figures.mjs';

/** The figures of `measureKept` as text: each turn, and the one in the middle of all ratios. */
export function keptReport({ options, figures }) {
  const { seconds, connections } = options;
  const each = Math.ceil(seconds / figures.length);
  const orders = figures.map(({ without, kept }) =>
    ratio(kept.completedPerSecond, without.completedPerSecond),
  );
  const work = figures.map(({ without, kept }) => ratio(msPerOrder(kept), msPerOrder(without)));
  return [
    `P1 with OUTBOX_KEPT_SECONDS=900 beside 0, ${figures.length} turns of ${each} s, ${connections} connections`,
    ...figures.map(
      ({ without, kept }, turn) =>
        `    ${without.completedPerSecond} and ${kept.completedPerSecond} orders a second: ${orders[turn]} x; ` +
        `${hundredths(msPerOrder(without))} and ${hundredths(msPerOrder(kept))} ms of CPU an order: ${work[turn]} x`,
    ),
    `    orders: ${spread(orders)}; CPU: ${spread(work)}`,
    '',
  ].join('\n');
}

const msPerOrder = ({ msPerOrder: byProcess }) => Object.values(byProcess).reduce((sum, ms) => sum + ms, 0);

const ratio = (value, reference) => Number((value / reference).toFixed(3));

function spread(ratios) {
  const sorted = ratios.toSorted((one, other) => one - other);
  return `${sorted[Math.floor(sorted.length / 2)]} x in the middle, from ${sorted[0]} to ${sorted.at(-1)}`;
}
