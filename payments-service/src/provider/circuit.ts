import type { Logger } from '@comanda/kit';
import { type CircuitBreakerPolicy, CircuitState } from 'cockatiel';
import { metrics } from '../metrics.js';

/** The states as metrics and the log name them. Nobody isolates a circuit here; an isolated one counts as open. */
const STATES = {
  [CircuitState.Closed]: { name: 'closed', value: 0, says: 'answers again' },
  [CircuitState.HalfOpen]: { name: 'half-open', value: 1, says: 'is tested with one call' },
  [CircuitState.Open]: { name: 'open', value: 2, says: 'is left alone: payments wait' },
  [CircuitState.Isolated]: { name: 'open', value: 2, says: 'is left alone: payments wait' },
} as const;

/** Shows a circuit breaker's state in the metrics, and each change of it in the log. */
export function watchCircuit(breaker: CircuitBreakerPolicy, circuit: string, logger: Logger): void {
  metrics.circuitState.set({ circuit }, STATES[breaker.state].value);
  breaker.onStateChange((state) => {
    const { name, value, says } = STATES[state];
    metrics.circuitState.set({ circuit }, value);
    metrics.circuitTransitions.inc({ circuit, to: name });
    if (state === CircuitState.Open) logger.warn({ circuit, state: name }, `the payment provider ${says}`);
    else logger.info({ circuit, state: name }, `the payment provider ${says}`);
  });
}
