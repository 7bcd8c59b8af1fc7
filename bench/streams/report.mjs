/** The figures of `measureStreams` as text. */
export function streamsReport({ options, figures }) {
  const { streams, megabytes, P3, eventToClient } = figures;
  const ratio = (of) => Math.round((P3.with[of] / P3.without[of]) * 100) / 100;
  return [
    `Streams  ${streams} open, 50 orders a second for ${options.paceSeconds} s`,
    `    memory of the gateway        ${megabytes} MB more (at most 100)`,
    `    P3 with them and without     p99 ${P3.with.p99} and ${P3.without.p99} ms: ${ratio('p99')} x (at most 1.1); p50 ${P3.with.p50} and ${P3.without.p50} ms: ${ratio('p50')} x`,
    `    event to client, ms          p50 ${eventToClient.p50}, p99 ${eventToClient.p99} (at most 250)`,
    '',
  ].join('\n');
}
