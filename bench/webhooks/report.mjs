import { TARGETS } from '../targets.mjs';

/** The figures of `measureWebhooks` as text. */
export function webhooksReport({ figures: { P4, P5 } }) {
  const [healthy] = P5.figures;
  return [
    'P4  webhook deliveries to one healthy endpoint, from the queue to the receipt',
    line('', ['Comanda', 'undici loop', '/ loop']),
    line('deliveries per second', [P4.perSecond, P4.loop.perSecond, ratio(P4.perSecond, P4.loop.perSecond)]),
    line('processor time, ms', [P4.cpuMs, P4.loop.cpuMs, ratio(P4.cpuMs, P4.loop.cpuMs)]),
    line('delay p50, ms', [P4.p50]),
    line('delay p99, ms', [P4.p99]),
    ...verdicts('P4', P4),
    '',
    'P5  delay of the healthy ones among 100 endpoints',
    line('', ['p50, ms', 'p99, ms', 'p99 / healthy']),
    ...P5.figures.map(({ what, p50, p99 }) => line(what, [p50, p99, ratio(p99, healthy.p99)])),
    `    it was sent ${P5.drained.perSecond} deliveries a second when it was back, at most ${P5.drained.most} at once`,
    ...verdicts('P5', P5),
    '',
  ].join('\n');
}

function verdicts(measure, figures) {
  const { must, aim } = TARGETS[measure];
  const verdict = ({ text, met }) => `${text}: ${met(figures) ? 'met' : 'not met'}`;
  return [`    must: ${verdict(must)}`, `    aim:  ${verdict(aim)}`];
}

const line = (name, cells) =>
  `    ${name.padEnd(46)}${cells.map((cell) => String(cell ?? '-').padStart(14)).join('')}`;

const ratio = (value, reference) =>
  value > 0 && reference > 0 ? `${(value / reference).toFixed(2)} x` : undefined;
