import { z } from 'zod';
import { defineCommand, defineQuery } from '../define.js';
import { Id } from '../ids.js';
import { Amount, Currency } from '../money.js';
import { Page } from '../shared-shapes.js';

const to = 'products-service';

export const Sku = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[A-Za-z0-9._-]+$/, 'letters, digits, dot, dash and underscore');
export const ProductName = z.string().min(1).max(200);
const Units = z.number().int().min(0).max(1_000_000_000);

export const ProductView = z.object({
  productId: Id,
  sku: Sku,
  name: ProductName,
  price: Amount,
  currency: Currency,
  active: z.boolean(),
  available: z.number().int().min(0),
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
    currency: Currency,
    stock: Units.default(0),
    active: z.boolean().default(true),
    lowStockThreshold: Units.optional(),
    actor: z.string(),
  }),
  result: ProductView,
});

export const UpdateProduct = defineCommand('products.update', {
  to,
  summary: 'Change name, price, threshold, or whether it is for sale.',
  data: z.object({
    productId: Id,
    name: ProductName.optional(),
    price: Amount.optional(),
    active: z.boolean().optional(),
    lowStockThreshold: Units.optional(),
    actor: z.string(),
  }),
  result: ProductView,
});

export const AdjustStock = defineCommand('products.adjustStock', {
  to,
  summary: 'Put on the shelf or take away; never below zero.',
  data: z.object({
    adjustmentId: Id.describe('Made by the sender: the same one is made once, however often it is asked for'),
    productId: Id,
    delta: z.number().int().min(-1_000_000_000).max(1_000_000_000),
    reason: z.string().min(1).max(200),
    actor: z.string(),
  }),
  result: ProductView,
});

export const GetProduct = defineQuery('products.get', {
  to,
  summary: 'One product with what is available.',
  data: z.object({ productId: Id }),
  result: ProductView,
});

export const ListProducts = defineQuery('products.list', {
  to,
  summary: 'The catalogue by name.',
  data: z.object({ q: z.string().max(100).optional(), active: z.boolean().optional(), ...Page }),
  result: z.object({ items: z.array(ProductView), nextCursor: z.string().nullable() }),
});
