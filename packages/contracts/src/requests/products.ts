import { z } from 'zod';
import { defineCommand, defineQuery } from '../define.js';
import { Id, Sku, Word } from '../ids.js';
import { Amount, Currency, PriceCurrency } from '../money.js';
import { Anew, Page, pageOfEach } from '../shared-shapes.js';
import { folded, StoredText, text } from '../text.js';
import { Timestamp } from '../timestamp.js';

const to = 'products-service';

export const ProductName = text(200);
const Units = z.number().int().min(0).max(1_000_000_000);
/** The units of a product on the shelf. */
const Shelf = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
/** An account's id, or the operator's name. */
const Actor = text(200);

export const ProductView = z.object({
  productId: Id,
  sku: Sku,
  name: StoredText,
  price: Amount,
  currency: Currency,
  active: z.boolean(),
  available: Shelf,
});
export type ProductView = z.infer<typeof ProductView>;

export const CreateProduct = defineCommand('products.create', {
  to,
  summary: 'Add a product to the catalogue.',
  data: z.object({
    productId: Id,
    sku: Sku,
    name: ProductName,
    price: Amount,
    currency: PriceCurrency,
    stock: Units.default(0),
    active: z.boolean().default(true),
    lowStockThreshold: Units.optional(),
    actor: Actor,
  }),
  result: ProductView,
});

export const UpdateProduct = defineCommand('products.update', {
  to,
  summary: 'Change the name, price or threshold of a product, or whether it is for sale.',
  data: z.object({
    productId: Id,
    name: ProductName.optional(),
    price: Amount.optional(),
    active: z.boolean().optional(),
    lowStockThreshold: Units.nullable()
      .optional()
      .describe('Stock is low when no more than this is available; null takes it away'),
    actor: Actor,
  }),
  result: ProductView,
});

/** Why stock moves without anybody saying so. These are the words of the books: no adjustment may have one for its reason. */
export const BOOKED_REASONS = [
  'initial stock',
  'import',
  'threshold',
  'reserved',
  'released',
  'expired',
  // A sale takes from what is held already, so no movement has it; but who read it would take it for one.
  'committed',
] as const;
export type BookedReason = (typeof BOOKED_REASONS)[number];

const wordOf = (reason: string): string => folded(reason).replaceAll(/\s+/g, ' ').trim();
const RESERVED = new Set(BOOKED_REASONS.map(wordOf));

const AdjustmentReason = text(200).refine(
  (reason) => !RESERVED.has(wordOf(reason)),
  `must not be a word of the books (${BOOKED_REASONS.join(', ')}): say why in other words`,
);

export const AdjustStock = defineCommand('products.adjustStock', {
  to,
  summary: 'Put units of a product on the shelf or take them away; never below zero.',
  data: z.object({
    adjustmentId: Id.describe('Made by the sender: the same one is made once, however often it is asked for'),
    productId: Id,
    delta: z
      .number()
      .int()
      .min(-1_000_000_000)
      .max(1_000_000_000)
      .refine((delta) => delta !== 0, 'must not be 0: that changes nothing'),
    reason: AdjustmentReason,
    actor: Actor,
  }),
  result: ProductView,
});

/**
 * A product as a file lists it. A field that is left out stays as it is; a new product gets `true`, 0 and no threshold.
 */
export const CatalogueLine = z.object({
  sku: Sku,
  name: ProductName,
  price: Amount,
  currency: Currency,
  active: z.boolean().optional(),
  stock: Shelf.optional(),
  lowStockThreshold: Units.optional(),
});
export type CatalogueLine = z.infer<typeof CatalogueLine>;

/** How many lines one import may have: all of them are one message and one transaction. */
export const MAX_LINES = 10_000;

export const ImportProducts = defineCommand('products.import', {
  to,
  summary: 'Set many products, identified by their SKUs, to what a file says: all lines or none.',
  data: z.object({
    lines: z
      .array(CatalogueLine)
      .min(1)
      .max(MAX_LINES)
      .refine(
        (lines) => new Set(lines.map(({ sku }) => sku)).size === lines.length,
        'a SKU stands in it twice',
      ),
    dryRun: z.boolean().default(false).describe('Only say what would be done'),
    actor: Actor,
  }),
  result: z.object({
    created: z.number().int().min(0),
    updated: z.number().int().min(0),
    unchanged: z.number().int().min(0),
  }),
});

export const GetProduct = defineQuery('products.get', {
  to,
  summary: 'One product with its available stock.',
  data: z.object({ productId: Id }),
  result: ProductView,
});

export const GetProducts = defineQuery('products.getMany', {
  to,
  summary: 'Those of these products that exist, with their available stock, in any order.',
  data: z.object({ productIds: z.array(Id).min(1).max(100) }),
  result: z.object({ items: z.array(ProductView) }),
});

export const ListProducts = defineQuery('products.list', {
  to,
  summary: 'The catalogue by name.',
  data: z.object({ q: text(200, { mayBeEmpty: true }).optional(), active: z.boolean().optional(), ...Page }),
  result: pageOfEach(ProductView),
});

export const MovementView = z.object({
  at: Timestamp,
  delta: z.number().int(),
  reason: StoredText,
  orderId: Id.optional(),
  actor: StoredText,
  before: Shelf,
  after: Shelf,
});

export const ListMovements = defineQuery('products.movements', {
  to,
  summary: 'Every change of the available stock of a product, newest first.',
  data: z.object({ productId: Id, ...Page, ...Anew }),
  result: pageOfEach(MovementView),
});

/** A product with the fields that clients do not see. */
export const CatalogueEntry = ProductView.extend({
  lowStockThreshold: Units.nullable(),
  version: z.number().int().min(1).describe('The `sequence` of the last event that was published about it'),
});
export type CatalogueEntry = z.infer<typeof CatalogueEntry>;

export const ReadCatalogue = defineQuery('products.catalogue', {
  to,
  askedBy: ['webhook-publisher'],
  summary: 'The whole catalogue in large pages, to export it or to compare a copy with it.',
  data: z.object({ ...Page, limit: z.number().int().min(1).max(1_000).default(1_000) }),
  result: pageOfEach(CatalogueEntry),
});

export const ListTenants = defineQuery('products.tenants', {
  to,
  operatorsOnly: true,
  summary: 'The tenants that have products, for those who run the installation.',
  data: z.object({}),
  result: z.object({ items: z.array(Word) }),
});
