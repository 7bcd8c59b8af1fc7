import { verdicts } from '../targets.mjs';

/** The figures of `measureSoak` as text. */
export function soakReport({ options, figures }) {
  const { seconds, connections } = options;
  const { accepted, completed, webhooksExpected, webhooksReceived, webhooksLateSeconds } = figures.load;
  return [
    `P8  memory of the services, MB, ${seconds} s of P1's load, ${connections} connections`,
    line('', ['start', 'middle', 'end', 'highest', 'heap', 'end / 2nd fifth', 'MB a minute']),
    ...Object.entries(figures.memory).map(([name, one]) =>
      line(name, [one.start, one.middle, one.end, one.highest, one.heap, one.growth, one.slopePerMinute]),
    ),
    ...verdicts('P8', figures.memory),
    '',
    '    start, middle, end: medians of the first, third and last fifth; MB a minute: in the second half',
    `    ${accepted} accepted, ${completed} completed; ${webhooksReceived} webhooks received of ${webhooksExpected}, ` +
      `the last one ${webhooksLateSeconds} s after the last confirmation`,
    '',
  ].join('\n');
}

const line = (name, cells) =>
  `    ${name.padEnd(12)}${cells.map((cell) => String(cell).padStart(17)).join('')}`;
