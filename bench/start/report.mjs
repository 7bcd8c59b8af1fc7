import { verdicts } from '../targets.mjs';

const SHOWN_MS = 50;

/** The figures of `measureStart` as text. */
export function startReport({ options, figures }) {
  const { imports, start } = figures;
  const seconds = (ms) => (ms / 1000).toFixed(2).padStart(12);
  const ratio = (of) => `${(of(start) / of(imports)).toFixed(1)} x`.padStart(12);
  const row = (name, of) => `    ${name.padEnd(22)}${seconds(of(imports))}${seconds(of(start))}${ratio(of)}`;
  const spent = start.byProcess.filter(([, ms]) => ms >= SHOWN_MS);
  return [
    `P9  warm \`npm start\` until it is ready, ${options.turns} turns, medians in seconds`,
    `    ${''.padEnd(22)}${['imports', 'npm start', '/ imports'].map((text) => text.padStart(12)).join('')}`,
    row('until ready', ({ ms }) => ms),
    row('processor time', ({ processorMs }) => processorMs),
    ...verdicts('P9', figures),
    `    all: imports ${imports.all.join(', ')} ms; starts ${start.all.join(', ')} ms`,
    `    processor time of the last: ${spent.map(([name, ms]) => `${name} ${ms} ms`).join(', ')}`,
    '',
  ].join('\n');
}
