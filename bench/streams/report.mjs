/** The figures of `measureStreams` as text. */
export function streamsReport({ options, figures }) {
  const { streams, megabytes, P3, eventToClient } = figures;
  const ratio = Math.round((P3.with.p50 / P3.without.p50) * 100) / 100;
  return [
    `Streams  ${streams} open, 50 orders a second for ${options.paceSeconds} s`,
    `    memory of the gateway        ${megabytes} MB more (at most 100)`,
    `    P3, p50 and p99 in ms        ${P3.with.p50} and ${P3.with.p99}; without streams ${P3.without.p50} and ${P3.without.p99}: ${ratio} x (at most 1.1)`,
    `    event to client, ms          p50 ${eventToClient.p50}, p99 ${eventToClient.p99} (at most 250)`,
    '',
  ].join('\n');
}
