import { GetProducts, type ProductView } from '@comanda/contracts';
import { BoundedMap } from '@comanda/kit';
import { type RequestContext, Requester, Unavailable } from '@comanda/messaging';
import { LOGGER } from '@comanda/service-kit';
import { Inject, Injectable } from '@nestjs/common';
import { BrokenCircuitError, CircuitState, ConsecutiveBreaker, circuitBreaker, handleType } from 'cockatiel';
import type { Logger } from 'pino';
import type { GatewayConfig } from '../config.js';
import { CONFIG } from '../injection-tokens.js';

const FAILURES_TO_OPEN = 5;
const PAUSE_MS = 2_000;
const FRESH_MS = 2_000;
/** Short enough that whoever adds a product, or puts it on sale, may order it a moment later. */
const NO_FRESH_MS = 2_000;
const MAX_REMEMBERED = 10_000;

/** What is known about a product at this moment. */
export type ProductKnowledge =
  | { readonly kind: 'for-sale'; readonly price: number; readonly currency: string }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'inactive' }
  /** products-service does not answer now, so orders-service will decide. */
  | { readonly kind: 'unheard' };

const UNHEARD: ProductKnowledge = { kind: 'unheard' };

interface Remembered {
  readonly product: ProductKnowledge;
  readonly until: number;
}
type Found = ReadonlyMap<string, ProductKnowledge>;

/**
 * Asks products-service whether products are for sale, and waits for `PRODUCT_LOOK_UP_MS`. All products of an order are
 * one question. An answer is remembered for two seconds, and look-ups of one product at the same time share a question.
 * When nobody answers, a circuit breaker keeps the next orders from waiting for it, too.
 */
@Injectable()
export class ProductLookUp {
  readonly #forSale = new BoundedMap<string, Remembered>(MAX_REMEMBERED);
  /** Apart, so that whoever asks for products that are not there drives out none that is. */
  readonly #notForSale = new BoundedMap<string, Remembered>(MAX_REMEMBERED);
  readonly #underWay = new Map<string, Promise<Found>>();
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

  /** What is known of each of these products, in their order. */
  find(productIds: readonly string[], context: RequestContext): Promise<ProductKnowledge[]> {
    const keyOf = (productId: string) => `${context.tenantId}/${productId}`;
    const missing = [...new Set(productIds)].filter(
      (productId) => !this.#remembered(keyOf(productId)) && !this.#underWay.has(keyOf(productId)),
    );
    if (missing.length > 0) {
      const asked = this.#ask(missing, context).finally(() => {
        for (const productId of missing) this.#underWay.delete(keyOf(productId));
      });
      for (const productId of missing) this.#underWay.set(keyOf(productId), asked);
    }
    return Promise.all(
      productIds.map((productId) => {
        const key = keyOf(productId);
        const underWay = this.#underWay.get(key);
        if (underWay) return underWay.then((found) => found.get(productId) ?? UNHEARD);
        return this.#remembered(key) ?? UNHEARD;
      }),
    );
  }

  #remembered(key: string): ProductKnowledge | undefined {
    const known = this.#forSale.get(key) ?? this.#notForSale.get(key);
    return known && known.until > Date.now() ? known.product : undefined;
  }

  async #ask(productIds: readonly string[], context: RequestContext): Promise<Found> {
    // One question tests whether the service is back; the other orders don't wait for its outcome.
    if (this.#breaker.state === CircuitState.HalfOpen) return new Map();
    const { PRODUCT_LOOK_UP_MS: timeoutMs } = this.config;
    const subject = productIds[0] ?? '';
    try {
      const answer = await this.#breaker.execute(() =>
        this.requester.ask(GetProducts, { productIds: [...productIds] }, { ...context, subject, timeoutMs }),
      );
      if (!answer.ok) return new Map();
      const views = new Map(answer.result.items.map((view) => [view.productId, view]));
      return new Map(
        productIds.map((productId) => {
          const product = knowledgeOf(views.get(productId));
          this.#remember(`${context.tenantId}/${productId}`, product);
          return [productId, product];
        }),
      );
    } catch (error) {
      if (!(error instanceof Unavailable || error instanceof BrokenCircuitError))
        this.logger.error({ error: String(error), productIds }, 'product look-up failed');
      return new Map();
    }
  }

  #remember(key: string, product: ProductKnowledge): void {
    const [to, from, freshMs] =
      product.kind === 'for-sale'
        ? [this.#forSale, this.#notForSale, FRESH_MS]
        : [this.#notForSale, this.#forSale, NO_FRESH_MS];
    from.delete(key);
    to.set(key, { product, until: Date.now() + freshMs });
  }
}

function knowledgeOf(view: ProductView | undefined): ProductKnowledge {
  if (!view) return { kind: 'unknown' };
  return view.active
    ? { kind: 'for-sale', price: view.price, currency: view.currency }
    : { kind: 'inactive' };
}
