import type { DataOf, QueryType, ResultOf } from '@comanda/contracts';
import { type Answer, type RequestContext, type Requester, Unavailable } from '@comanda/messaging';
import { BrokenCircuitError, CircuitState, ConsecutiveBreaker, circuitBreaker, handleType } from 'cockatiel';
import type { Logger } from 'pino';

const FAILURES_TO_OPEN = 5;
const PAUSE_MS = 2_000;

interface Words {
  readonly service: string;
  /** What happens while it does not answer, and once it answers again; for the log. */
  readonly without: string;
  readonly withIt: string;
}

/**
 * A service whose answer an order waits for a moment, and goes on without. When nobody answers, a circuit breaker keeps
 * the next orders from waiting for it, too.
 */
export class OptionalService {
  readonly #breaker = circuitBreaker(handleType(Unavailable), {
    halfOpenAfter: PAUSE_MS,
    breaker: new ConsecutiveBreaker(FAILURES_TO_OPEN),
  });

  constructor(
    private readonly requester: Pick<Requester, 'ask'>,
    private readonly logger: Logger,
    private readonly words: Words,
  ) {
    const { service, without, withIt } = words;
    this.#breaker.onBreak(() => this.logger.warn({}, `${service} does not answer: ${without}`));
    this.#breaker.onReset(() => this.logger.info({}, `${service} answers again: ${withIt}`));
  }

  /** Why it is not waited for; `undefined` when it is. */
  get unhealthyReason(): string | undefined {
    return this.#breaker.state === CircuitState.Closed ? undefined : `${this.words.service} does not answer`;
  }

  /** Its answer; `undefined` when there is none in time. */
  async ask<Q extends QueryType>(
    query: Q,
    data: DataOf<Q>,
    options: RequestContext & { readonly subject: string; readonly timeoutMs: number },
  ): Promise<Answer<ResultOf<Q>> | undefined> {
    // One question tests whether the service is back; the other orders don't wait for its outcome.
    if (this.#breaker.state === CircuitState.HalfOpen) return undefined;
    try {
      return await this.#breaker.execute(() => this.requester.ask(query, data, halfOfTheTime(options)));
    } catch (error) {
      if (!(error instanceof Unavailable || error instanceof BrokenCircuitError))
        this.logger.error(
          {
            error: String(error),
            query: query.type,
            subject: options.subject,
            correlationId: options.correlationId,
          },
          'look-up failed',
        );
      return undefined;
    }
  }
}

/** The other half is for what the request is about. */
function halfOfTheTime<O extends RequestContext>(options: O): O {
  const { deadline } = options;
  return deadline === undefined ? options : { ...options, deadline: (performance.now() + deadline) / 2 };
}
