import { Counter, Gauge } from 'prom-client';

/** All that payments-service counts itself; every name in one place. */
export const metrics = {
  circuitState: new Gauge({
    name: 'comanda_circuit_state',
    help: 'Circuit breakers around external calls: 0 closed, 1 half-open, 2 open.',
    labelNames: ['circuit'] as const,
  }),
  circuitTransitions: new Counter({
    name: 'comanda_circuit_transitions_total',
    help: 'How often a circuit breaker became closed, half-open or open.',
    labelNames: ['circuit', 'to'] as const,
  }),
};
