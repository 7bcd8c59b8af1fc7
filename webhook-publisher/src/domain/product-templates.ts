import { z } from 'zod';
import { html } from './html.js';
import { type MessageTemplate, template } from './message-template.js';
import { formatMoney } from './money-text.js';

const product = z.object({ name: z.string(), sku: z.string(), price: z.int(), currency: z.string() });
const stockLow = z.object({ productId: z.string(), available: z.int() });
const stockChanged = z.object({
  productId: z.string(),
  available: z.int(),
  delta: z.int(),
  reason: z.string(),
});
const stockRejected = z.object({
  orderId: z.string(),
  shortages: z.array(z.object({ productId: z.string(), requested: z.int(), available: z.int() })),
});

const signed = (delta: number): string => (delta > 0 ? `+${delta}` : String(delta));

export const productTemplates: Readonly<Record<string, MessageTemplate>> = {
  'product.created': template(
    product,
    {
      en: (it) => [
        html`🆕 <b>New product</b>`,
        html`${it.name} (<code>${it.sku}</code>), ${formatMoney(it.price, it.currency, 'en')}`,
      ],
      es: (it) => [
        html`🆕 <b>Producto nuevo</b>`,
        html`${it.name} (<code>${it.sku}</code>), ${formatMoney(it.price, it.currency, 'es')}`,
      ],
    },
    {
      en: { one: 'new product', many: 'new products' },
      es: { one: 'producto nuevo', many: 'productos nuevos' },
    },
  ),
  'product.updated': template(
    product,
    {
      en: (it) => [
        html`✏️ <b>Product changed</b>`,
        html`${it.name} (<code>${it.sku}</code>), ${formatMoney(it.price, it.currency, 'en')}`,
      ],
      es: (it) => [
        html`✏️ <b>Producto modificado</b>`,
        html`${it.name} (<code>${it.sku}</code>), ${formatMoney(it.price, it.currency, 'es')}`,
      ],
    },
    {
      en: { one: 'product changed', many: 'products changed' },
      es: { one: 'producto modificado', many: 'productos modificados' },
    },
  ),
  'product.stockLow': template(
    stockLow,
    {
      en: (it) => [
        html`⚠️ <b>Stock is low</b>`,
        html`Product <code>${it.productId}</code>: ${it.available} left`,
      ],
      es: (it) => [
        html`⚠️ <b>Quedan pocas existencias</b>`,
        html`Producto <code>${it.productId}</code>: quedan ${it.available}`,
      ],
    },
    {
      en: { one: 'product low on stock', many: 'products low on stock' },
      es: { one: 'producto con pocas existencias', many: 'productos con pocas existencias' },
    },
  ),
  'product.stockChanged': template(
    stockChanged,
    {
      en: (it) => [
        html`📦 <b>Stock changed</b>`,
        html`Product <code>${it.productId}</code>: ${signed(it.delta)}, ${it.available} available`,
        html`Reason: ${it.reason}`,
      ],
      es: (it) => [
        html`📦 <b>Existencias modificadas</b>`,
        html`Producto <code>${it.productId}</code>: ${signed(it.delta)}, ${it.available} disponibles`,
        html`Motivo: ${it.reason}`,
      ],
    },
    {
      en: { one: 'stock change', many: 'stock changes' },
      es: { one: 'cambio de existencias', many: 'cambios de existencias' },
    },
  ),
  'product.stockRejected': template(
    stockRejected,
    {
      en: (it) => [
        html`📭 <b>Not enough stock</b>`,
        html`Order <code>${it.orderId}</code>`,
        ...it.shortages.map(
          (s) => html`<code>${s.productId}</code>: ${s.requested} asked, ${s.available} left`,
        ),
      ],
      es: (it) => [
        html`📭 <b>Existencias insuficientes</b>`,
        html`Pedido <code>${it.orderId}</code>`,
        ...it.shortages.map(
          (s) => html`<code>${s.productId}</code>: se piden ${s.requested}, quedan ${s.available}`,
        ),
      ],
    },
    {
      en: { one: 'order short of stock', many: 'orders short of stock' },
      es: { one: 'pedido sin existencias', many: 'pedidos sin existencias' },
    },
  ),
};
