import { GetProducts, type ProductView } from '@comanda/contracts';
import { BoundedMap } from '@comanda/kit';
import { type RequestContext, Requester } from '@comanda/messaging';
import { LOGGER } from '@comanda/service-kit';
import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import type { GatewayConfig } from '../config.js';
import { CONFIG } from '../injection-tokens.js';
import { OptionalService } from '../routes/optional-service.js';

/** With the time that a question may take (`PRODUCT_LOOK_UP_MS`) a second, like what the catalogue shows. */
const FRESH_MS = 900;
/** Short enough that staff who add a product, or put it on sale, may order it a moment later. */
const NO_FRESH_MS = 2_000;
const MAX_REMEMBERED = 10_000;

/** What is known about a product at this moment. */
export type ProductKnowledge =
  | ({ readonly kind: 'for-sale' } & Pick<ProductView, 'sku' | 'name' | 'price' | 'currency'>)
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
 * one question. An answer is remembered for a moment, and look-ups of one product at the same time share a question.
 */
@Injectable()
export class ProductLookUp {
  readonly #forSale = new BoundedMap<string, Remembered>(MAX_REMEMBERED);
  /** Apart, so that questions for products that do not exist drive out none that does. */
  readonly #notForSale = new BoundedMap<string, Remembered>(MAX_REMEMBERED);
  readonly #underWay = new Map<string, Promise<Found>>();
  readonly #service: OptionalService;

  constructor(
    @Inject(Requester) requester: Pick<Requester, 'ask'>,
    @Inject(LOGGER) logger: Logger,
    @Inject(CONFIG) private readonly config: Pick<GatewayConfig, 'PRODUCT_LOOK_UP_MS'>,
  ) {
    this.#service = new OptionalService(requester, logger, {
      service: 'products-service',
      without: 'orders are accepted unchecked for now',
      withIt: 'orders are checked',
    });
  }

  /** Why orders are accepted without a check of their products; `undefined` when they are checked. */
  get unhealthyReason(): string | undefined {
    return this.#service.unhealthyReason;
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
    const options = { ...context, subject: productIds[0] ?? '', timeoutMs: this.config.PRODUCT_LOOK_UP_MS };
    const answer = await this.#service.ask(GetProducts, { productIds: [...productIds] }, options);
    if (!answer?.ok) return new Map();
    const views = new Map(answer.result.items.map((view) => [view.productId, view]));
    return new Map(
      productIds.map((productId) => {
        const product = knowledgeOf(views.get(productId));
        this.#remember(`${context.tenantId}/${productId}`, product);
        return [productId, product];
      }),
    );
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
  const { sku, name, price, currency, active } = view;
  return active ? { kind: 'for-sale', sku, name, price, currency } : { kind: 'inactive' };
}
