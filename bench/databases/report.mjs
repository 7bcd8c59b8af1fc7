import { verdicts } from '../targets.mjs';

const COLUMNS = ['tutorial', 'sqlite', 'postgresql'];

/** The figures of `measureDatabases` as text. */
export function databasesReport({ options, figures }) {
  const { seconds, connections } = options;
  const [one, many] = Object.values(figures);
  return [
    `P10  orders completed end to end per second, ${seconds} s sustained, ${connections} connections`,
    line('', [...COLUMNS, 'pg / sqlite', 'sqlite / tut.', 'pg / tut.']),
    ...Object.entries(figures).map(([load, of]) => line(load, cells(of, one.tutorial))),
    ...verdicts('P10', { one, many }),
    '',
    ...Object.entries(figures).flatMap(([load, of]) =>
      Object.entries(of).map(
        ([name, { accepted, completed, elapsedSeconds, refused, errors, answerP99 }]) =>
          `    ${load}, ${name}: ${accepted} accepted (${refused} refused, ${errors} errors), ` +
          `${completed} confirmed in ${elapsedSeconds} s, POST p99 ${answerP99} ms`,
      ),
    ),
    '',
  ].join('\n');
}

function cells(of, tutorial) {
  const [, sqlite, postgresql] = COLUMNS.map((name) => of[name]?.completedPerSecond);
  return [
    of.tutorial?.completedPerSecond,
    sqlite,
    postgresql,
    ratio(postgresql, sqlite),
    ratio(sqlite, tutorial.completedPerSecond),
    ratio(postgresql, tutorial.completedPerSecond),
  ];
}

const line = (name, texts) =>
  `    ${name.padEnd(16)}${texts.map((text) => String(text ?? '-').padStart(15)).join('')}`;

const ratio = (value, reference) =>
  value > 0 && reference > 0 ? `${(value / reference).toFixed(2)} x` : undefined;
