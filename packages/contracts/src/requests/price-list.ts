import { z } from 'zod';
import { defineCommand } from '../define.js';
import { Id, Sku } from '../ids.js';
import { Amount, Currency } from '../money.js';
import { StoredText } from '../text.js';

/** A product as a price list needs it; `version` is the `sequence` of the last event that was published about it. */
export const Listing = z.object({
  productId: Id,
  /** Commands of an earlier build lack both: they say nothing about what the product is called. */
  sku: Sku.nullable().default(null),
  name: StoredText.nullable().default(null),
  price: Amount,
  currency: Currency,
  active: z.boolean(),
  version: z.number().int().min(1),
});

export type Listing = z.output<typeof Listing>;

export const MendPriceList = defineCommand('orders.mendPriceList', {
  to: 'orders-service',
  operatorsOnly: true,
  summary:
    'Compare the price list with a page of the catalogue, and correct entries that are missing or out of date.',
  data: z.object({
    products: z.array(Listing).max(1_000),
    dryRun: z.boolean().default(false).describe('Only say what is wrong'),
  }),
  result: z.object({ missing: z.array(Id), stale: z.array(Id) }),
});
