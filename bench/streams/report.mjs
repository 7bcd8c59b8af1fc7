import { hundredths } from '../measure/figures.mjs';

/** The figures of `measureStreams` as text. */
export function streamsReport({ options, figures }) {
  const { streams, megabytes, P3, eventToClient } = figures;
  const ratio = (of) => hundredths(P3.with[of] / P3.without[of]);
  const each = (which) => P3.turns.map((turn) => turn[which].p99).join(', ');
  return [
    `Streams  ${streams} open; P3 at ${options.perSecond} orders a second, ${P3.turns.length} turns of ${options.paceSeconds} s with them and without; medians`,
    `    memory of the gateway        ${megabytes} MB more (at most 100)`,
    `    P3 with them and without     p99 ${P3.with.p99} and ${P3.without.p99} ms: ${ratio('p99')} x (at most 1.1); p50 ${P3.with.p50} and ${P3.without.p50} ms: ${ratio('p50')} x`,
    `    processor time of the gateway for an order  ${P3.with.gatewayMs} and ${P3.without.gatewayMs} ms: ${ratio('gatewayMs')} x`,
    `        p99 of each turn         with ${each('with')}; without ${each('without')}`,
    `    event to client, ms          p50 ${eventToClient.p50}, p99 ${eventToClient.p99} (at most 250), at 50 orders a second`,
    '',
  ].join('\n');
}
