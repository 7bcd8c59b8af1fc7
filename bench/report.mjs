import { verdicts } from './targets.mjs';

/** The figures of one run as text: one block per measure, Comanda beside both references. */
export function report({ options, figures }) {
  const { seconds, connections, perSecond, paceSeconds } = options;
  return [
    block(
      'P1',
      `orders completed end to end, ${seconds} s sustained, ${connections} connections`,
      figures.P1,
      [
        row('completed per second', (one) => one.completedPerSecond),
        row('with both webhooks', (one) => one.withWebhooksPerSecond),
        row('accepted per second', (one) => one.acceptedPerSecond),
        row('POST answer p99, ms', (one) => one.answerP99),
      ],
    ),
    ['    P1w, counted when the webhooks have arrived', ...verdicts('P1w', figures.P1), ''].join('\n'),
    load(figures.P1),
    processorTime(figures.P1),
    block('P2', 'one order at a time, POST to CONFIRMED', figures.P2, [
      row('p50, ms', (one) => one.p50),
      row('p99, ms', (one) => one.p99),
    ]),
    block('P3', `POST answer at ${perSecond} orders a second, ${paceSeconds} s`, figures.P3, [
      row('p50, ms', (one) => one.p50),
      row('p99, ms', (one) => one.p99),
      row('failed', (one) => one.failed),
    ]),
    relay(figures.P6),
  ].join('\n');
}

/** Where the time of an order goes. The generator of the load ends with it and is in none of them. */
function processorTime(figures) {
  const lines = Object.entries(figures).map(([name, { msPerOrder }]) => {
    const times = Object.entries(msPerOrder);
    const all = times.reduce((sum, [, ms]) => sum + ms, 0);
    return `    ${name}: ${all.toFixed(2)} ms (${times.map(([process, ms]) => `${process} ${ms}`).join(', ')})`;
  });
  return ['    processor time of an order', ...lines, ''].join('\n');
}

/** P6 has references of its own: the orders' do not relay alone. */
function relay(figures) {
  const [oneByOne, pipelined, comanda] = ['one by one', 'pipelined', 'comanda'].map(
    (way) => figures[way].perSecond,
  );
  return [
    `P6  outbox relay, ${figures.comanda.events} events from SQLite to a quorum queue`,
    line('', 'one by one', 'pipelined', 'Comanda', '/ 1 by 1', '/ pipelined'),
    line(
      'events per second',
      oneByOne,
      pipelined,
      comanda,
      ratio(comanda, oneByOne),
      ratio(comanda, pipelined),
    ),
    ...verdicts('P6', figures),
    '',
  ].join('\n');
}

const row = (name, of) => ({ name, of });

function block(measure, title, figures, rows) {
  const lines = rows.map(({ name, of }) => {
    const [tutorial, ceiling, comanda] = [figures.tutorial, figures.ceiling, figures.comanda].map(of);
    return line(name, tutorial, ceiling, comanda, ratio(comanda, tutorial), ratio(comanda, ceiling));
  });
  return [
    `${measure}  ${title}`,
    line('', 'tutorial', 'ceiling', 'Comanda', '/ tutorial', '/ ceiling'),
    ...lines,
    ...verdicts(measure, figures),
    '',
  ].join('\n');
}

function line(name, ...cells) {
  return `    ${name.padEnd(22)}${cells.map((cell) => String(cell ?? '-').padStart(12)).join('')}`;
}

/** "0.85 x"; nothing where there is nothing to compare. */
function ratio(value, reference) {
  return value > 0 && reference > 0 ? `${(value / reference).toFixed(2)} x` : undefined;
}

/** What the rates don't show: whether all that was accepted came through, and the webhooks. */
function load(figures) {
  const counts = Object.entries(figures).map(
    ([name, { accepted, completed, elapsedSeconds, refused, errors }]) =>
      `    ${name}: ${accepted} accepted (${refused} refused, ${errors} errors), ` +
      `${completed} completed in ${elapsedSeconds} s`,
  );
  const { webhooksExpected, webhooksReceived, webhooksLateSeconds } = figures.comanda;
  return [
    ...counts,
    `    comanda: ${webhooksReceived} webhooks received of ${webhooksExpected}, ` +
      `the last one ${webhooksLateSeconds} s after the last confirmation`,
    '',
  ].join('\n');
}
