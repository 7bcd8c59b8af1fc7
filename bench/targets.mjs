/**
 * What Comanda must reach and aims at. Each check is given the figures of the three and tells whether it is met.
 */
export const TARGETS = {
  P1: {
    must: {
      text: '>= 1.2 x tutorial and >= 0.35 x ceiling',
      met: ({ tutorial, ceiling, comanda }) =>
        comanda.completedPerSecond >= 1.2 * tutorial.completedPerSecond &&
        comanda.completedPerSecond >= 0.35 * ceiling.completedPerSecond,
    },
    aim: {
      text: '>= 2 x tutorial and >= 0.6 x ceiling',
      met: ({ tutorial, ceiling, comanda }) =>
        comanda.completedPerSecond >= 2 * tutorial.completedPerSecond &&
        comanda.completedPerSecond >= 0.6 * ceiling.completedPerSecond,
    },
  },
  P2: {
    must: {
      text: 'p50 <= 0.5 x tutorial, p99 <= 80 ms',
      met: ({ tutorial, comanda }) => comanda.p50 <= 0.5 * tutorial.p50 && comanda.p99 <= 80,
    },
    aim: { text: "p50 <= the ceiling's", met: ({ ceiling, comanda }) => comanda.p50 <= ceiling.p50 },
  },
  P3: {
    must: { text: 'p99 <= 25 ms', met: ({ comanda }) => comanda.p99 <= 25 },
    aim: { text: 'p99 <= 10 ms', met: ({ comanda }) => comanda.p99 <= 10 },
  },
  P6: {
    must: { text: '15,000 a second', met: ({ comanda }) => comanda.perSecond >= 15_000 },
    aim: { text: '25,000 a second', met: ({ comanda }) => comanda.perSecond >= 25_000 },
  },
};
