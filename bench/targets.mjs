/**
 * What Comanda must reach and aims at. Each check is given the figures of the three and tells whether it is met.
 */
export const TARGETS = {
  P1: {
    must: {
      text: '>= 2.2 x tutorial and >= 0.6 x ceiling',
      met: ({ tutorial, ceiling, comanda }) =>
        comanda.completedPerSecond >= 2.2 * tutorial.completedPerSecond &&
        comanda.completedPerSecond >= 0.6 * ceiling.completedPerSecond,
    },
    aim: {
      text: '>= 3 x tutorial and >= 1 x ceiling',
      met: ({ tutorial, ceiling, comanda }) =>
        comanda.completedPerSecond >= 3 * tutorial.completedPerSecond &&
        comanda.completedPerSecond >= ceiling.completedPerSecond,
    },
  },
  P1w: {
    must: {
      text: '>= 0.8 x P1',
      met: ({ comanda }) => comanda.withWebhooksPerSecond >= 0.8 * comanda.completedPerSecond,
    },
    // To one percent: confirmations are counted every 100 ms or less often.
    aim: {
      text: '= P1',
      met: ({ comanda }) => comanda.withWebhooksPerSecond >= 0.99 * comanda.completedPerSecond,
    },
  },
  P2: {
    must: {
      text: "p50 <= 0.5 x the tutorial's, p99 <= 1.2 x the tutorial's p50",
      met: ({ tutorial, comanda }) => comanda.p50 <= 0.5 * tutorial.p50 && comanda.p99 <= 1.2 * tutorial.p50,
    },
    aim: { text: "p50 <= the ceiling's", met: ({ ceiling, comanda }) => comanda.p50 <= ceiling.p50 },
  },
  P3: {
    must: {
      text: "p99 <= the tutorial's p50",
      met: ({ tutorial, comanda }) => comanda.p99 <= tutorial.p50,
    },
    aim: { text: "p99 <= the ceiling's", met: ({ ceiling, comanda }) => comanda.p99 <= ceiling.p99 },
  },
  P4: {
    must: {
      text: '>= 0.35 x the bare loop, a delivery <= 3 x its processor time, p99 < 1 s',
      met: ({ perSecond, cpuMs, p99, loop }) =>
        perSecond >= 0.35 * loop.perSecond && cpuMs <= 3 * loop.cpuMs && p99 < 1_000,
    },
    aim: { text: '0.6 x the bare loop', met: ({ perSecond, loop }) => perSecond >= 0.6 * loop.perSecond },
  },
  P5: {
    must: { text: 'p99 <= 1.5 x that of all healthy', met: (figures) => worstDelay(figures) <= 1.5 },
    aim: { text: 'p99 <= 1.1 x', met: (figures) => worstDelay(figures) <= 1.1 },
  },
  P6: {
    must: {
      text: '>= 1 x pipelined',
      met: ({ pipelined, comanda }) => comanda.perSecond >= pipelined.perSecond,
    },
    aim: {
      text: '>= 3 x pipelined',
      met: ({ pipelined, comanda }) => comanda.perSecond >= 3 * pipelined.perSecond,
    },
  },
  P7: {
    must: {
      text: "processor time of an order <= 1.2 x that on empty databases, every query's p99 <= 50 ms",
      met: ({ empty, grown, queries }) =>
        grown.msPerOrder <= 1.2 * empty.msPerOrder && queries.every(({ p99 }) => p99 <= 50),
    },
    aim: {
      text: '<= 1.05 x',
      met: ({ empty, grown }) => grown.msPerOrder <= 1.05 * empty.msPerOrder,
    },
  },
  P8: {
    must: { text: '< 200 MB each, not growing', met: (services) => isBounded(services, 200) },
    aim: { text: '< 120 MB each, not growing', met: (services) => isBounded(services, 120) },
  },
  P10: {
    must: {
      text: '>= 0.6 x SQLite for one product, >= 0.9 x for many',
      met: ({ one, many }) => postgresPart(one) >= 0.6 && postgresPart(many) >= 0.9,
    },
    aim: {
      text: '>= 0.9 x SQLite for one product, >= 1 x for many',
      met: ({ one, many }) => postgresPart(one) >= 0.9 && postgresPart(many) >= 1,
    },
  },
  P11: {
    must: { text: 'p99 <= 3 x that of a status', met: (reads) => slowestRead(reads) <= 3 },
    aim: { text: 'p99 <= 2 x', met: (reads) => slowestRead(reads) <= 2 },
  },
  P9: {
    must: { text: '<= 8 x the imports', met: ({ imports, start }) => start.ms <= 8 * imports.ms },
    aim: { text: '<= 4 x the imports', met: ({ imports, start }) => start.ms <= 4 * imports.ms },
  },
};

/** Growth: the median of the last fifth is more than 10 % above that of the second one. */
const isBounded = (services, mb) =>
  Object.values(services).every(({ highest, growth }) => highest < mb && growth <= 1.1);

const slowestRead = (reads) => {
  const [status, ...others] = Object.values(reads).map(({ p99 }) => p99);
  return Math.max(...others) / status;
};

const postgresPart = ({ sqlite, postgresql }) => postgresql.completedPerSecond / sqlite.completedPerSecond;

/** Two lines of a report: what of a measure must be and what is aimed at, and whether it is. */
export function verdicts(measure, figures) {
  const { must, aim } = TARGETS[measure];
  return [
    `    must: ${must.text}: ${verdict(must, figures)}`,
    `    aim:  ${aim.text}: ${verdict(aim, figures)}`,
  ];
}

const verdict = (target, figures) => (target.met(figures) ? 'met' : 'not met');

/** Of all turns the worst p99, as a multiple of that of the first one. */
function worstDelay({ figures: [healthy, ...others] }) {
  return Math.max(...others.map(({ p99 }) => p99)) / healthy.p99;
}
