import { verdicts } from '../targets.mjs';

/** The figures of `measureGrown` as text. */
export function grownReport({ options, figures }) {
  const { orders, seconds, connections } = options;
  const { growth, empty, grown, queries } = figures;
  const ratio = (grown.msPerOrder / empty.msPerOrder).toFixed(2);
  return [
    `${growth.rows} rows of ${orders} orders, ${Math.round(growth.bytes / 1e6)} MB, written in ${growth.seconds} s`,
    '',
    `P7  processor time of an order, ${seconds} s under load in turns, ${connections} connections`,
    line('', 'empty', 'grown', 'grown / empty'),
    line('ms of an order', empty.msPerOrder, grown.msPerOrder, `${ratio} x`),
    line('completed per second', empty.completedPerSecond, grown.completedPerSecond, ''),
    ...Object.keys(empty.byProcess).map((process) =>
      line(`  ${process}, ms`, empty.byProcess[process], grown.byProcess[process] ?? '-', ''),
    ),
    ...verdicts('P7', figures),
    '',
    'Queries on the grown databases, one at a time over HTTP, ms',
    line('', 'p50', 'p99', ''),
    ...queries.map(({ name, p50, p99 }) => line(name, p50, p99, p99 > 50 ? 'too slow' : '')),
    '',
  ].join('\n');
}

const line = (name, ...cells) =>
  `    ${name.padEnd(72)}${cells.map((cell) => String(cell).padStart(14)).join('')}`.trimEnd();
