import { GetProduct } from '@comanda/contracts';
import { BoundedMap } from '@comanda/kit';
import { type Answer, type RequestContext, Requester, Unavailable } from '@comanda/messaging';
import { LOGGER } from '@comanda/service-kit';
import { Inject, Injectable } from '@nestjs/common';
import { BrokenCircuitError, CircuitState, ConsecutiveBreaker, circuitBreaker, handleType } from 'cockatiel';
import type { Logger } from 'pino';
import type { GatewayConfig } from '../config.js';
import { CONFIG } from '../injection-tokens.js';

const FAILURES_TO_OPEN = 5;
const PAUSE_MS = 2_000;
const FRESH_MS = 2_000;
const MAX_REMEMBERED = 10_000;

/** What is known about a product at this moment. */
export type ProductKnowledge =
  | { readonly kind: 'for-sale'; readonly price: number; readonly currency: string }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'inactive' }
  /** products-service does not answer now, so orders-service will decide. */
  | { readonly kind: 'unheard' };

type ForSale = Extract<ProductKnowledge, { kind: 'for-sale' }>;

/**
 * Asks products-service whether a product is for sale, and waits for `PRODUCT_LOOK_UP_MS`. Only a yes is remembered,
 * and for two seconds; look-ups of one product at the same time are one question. When nobody answers, a circuit
 * breaker keeps the next orders from waiting for it, too.
 */
@Injectable()
export class ProductLookUp {
  readonly #forSale = new BoundedMap<string, { readonly product: ForSale; readonly until: number }>(
    MAX_REMEMBERED,
  );
  readonly #underWay = new Map<string, Promise<ProductKnowledge>>();
  readonly #breaker = circuitBreaker(handleType(Unavailable), {
    halfOpenAfter: PAUSE_MS,
    breaker: new ConsecutiveBreaker(FAILURES_TO_OPEN),
  });

  constructor(
    @Inject(Requester) private readonly requester: Pick<Requester, 'ask'>,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(CONFIG) private readonly config: Pick<GatewayConfig, 'PRODUCT_LOOK_UP_MS'>,
  ) {
    this.#breaker.onBreak(() =>
      this.logger.warn({}, 'products-service does not answer: orders are accepted unchecked for now'),
    );
    this.#breaker.onReset(() => this.logger.info({}, 'products-service answers again: orders are checked'));
  }

  /** Why orders are accepted without a check of their products; `undefined` when they are checked. */
  get unhealthyReason(): string | undefined {
    return this.#breaker.state === CircuitState.Closed ? undefined : 'products-service does not answer';
  }

  find(productId: string, context: RequestContext): ProductKnowledge | Promise<ProductKnowledge> {
    const key = `${context.tenantId}/${productId}`;
    const known = this.#forSale.get(key);
    if (known && known.until > Date.now()) return known.product;
    const underWay = this.#underWay.get(key);
    if (underWay) return underWay;
    const asked = this.#ask(key, productId, context).finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, asked);
    return asked;
  }

  async #ask(key: string, productId: string, context: RequestContext): Promise<ProductKnowledge> {
    // One question tests whether the service is back; the other orders don't wait for its outcome.
    if (this.#breaker.state === CircuitState.HalfOpen) return { kind: 'unheard' };
    const { PRODUCT_LOOK_UP_MS: timeoutMs } = this.config;
    try {
      const answer = await this.#breaker.execute(() =>
        this.requester.ask(GetProduct, { productId }, { ...context, subject: productId, timeoutMs }),
      );
      return this.#understand(key, answer);
    } catch (error) {
      if (!(error instanceof Unavailable || error instanceof BrokenCircuitError))
        this.logger.error({ error: String(error), productId }, 'product look-up failed');
      return { kind: 'unheard' };
    }
  }

  #understand(
    key: string,
    answer: Answer<{ price: number; currency: string; active: boolean }>,
  ): ProductKnowledge {
    if (!answer.ok) return { kind: answer.refusal.status === 404 ? 'unknown' : 'unheard' };
    const { price, currency, active } = answer.result;
    if (!active) return { kind: 'inactive' };
    const product: ForSale = { kind: 'for-sale', price, currency };
    this.#forSale.set(key, { product, until: Date.now() + FRESH_MS });
    return product;
  }
}
