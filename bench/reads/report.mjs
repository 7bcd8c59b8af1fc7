import { verdicts } from '../targets.mjs';

/** The figures of `measureReads` as text. */
export function readsReport({ options, figures }) {
  const [status] = Object.values(figures);
  return [
    `P11  reads at ${options.perSecond} a second`,
    ...Object.entries(figures).map(
      ([name, { p50, p99, failed, firstFailure }]) =>
        `    ${name.padEnd(24)} p50 ${p50} ms, p99 ${p99} ms: ${(p99 / status.p99).toFixed(1)} x` +
        (failed > 0 ? `, ${failed} failed (${firstFailure})` : ''),
    ),
    ...verdicts('P11', figures),
    '',
  ].join('\n');
}
