import { type Language, moneyText } from '@comanda/contracts';
import { z } from 'zod';
import { html } from './html.js';
import { type Message, type Messages, message, orderLine, reasonLine } from './message.js';

const Product = z.object({ name: z.string(), sku: z.string(), price: z.int(), currency: z.string() });
const StockLevel = z.object({ productId: z.string(), available: z.int() });
const Shortage = StockLevel.extend({ requested: z.int() });

export const productMessages: Messages = {
  'product.created': message(Product, { icon: '🆕', en: 'New product', es: 'Producto nuevo' }, (product) => [
    { en: priced(product, 'en'), es: priced(product, 'es') },
  ]),
  'product.updated': message(
    Product,
    { icon: '✏️', en: 'Product changed', es: 'Producto modificado' },
    (product) => [{ en: priced(product, 'en'), es: priced(product, 'es') }],
  ),
  'product.stockLow': message(
    StockLevel,
    { icon: '⚠️', en: 'Stock is low', es: 'Quedan pocas existencias' },
    ({ productId, available }) => [
      {
        en: html`Product <code>${productId}</code>: ${available} left`,
        es: html`Producto <code>${productId}</code>: quedan ${available}`,
      },
    ],
  ),
  'product.stockChanged': message(
    StockLevel.extend({ delta: z.int(), reason: z.string() }),
    { icon: '📦', en: 'Stock changed', es: 'Existencias modificadas' },
    ({ productId, available, delta, reason }) => {
      const change = delta > 0 ? `+${delta}` : String(delta);
      return [
        {
          en: html`Product <code>${productId}</code>: ${change}, ${available} available`,
          es: html`Producto <code>${productId}</code>: ${change}, ${available} disponibles`,
        },
        reasonLine(reason),
      ];
    },
  ),
  'product.stockRejected': message(
    z.object({ orderId: z.string(), shortages: z.array(Shortage) }),
    { icon: '📭', en: 'Not enough stock', es: 'Existencias insuficientes' },
    ({ orderId, shortages }) => [
      orderLine(orderId),
      ...shortages.map(({ productId, requested, available }) => ({
        en: html`<code>${productId}</code>: ${requested} asked, ${available} left`,
        es: html`<code>${productId}</code>: se piden ${requested}, quedan ${available}`,
      })),
    ],
  ),
};

const Held = z.object({ orderId: z.string(), items: z.array(z.object({ quantity: z.int() })) });

const held = (icon: string, en: string, es: string): Message =>
  message(Held, { icon, en, es }, ({ orderId, items }) => {
    const pieces = items.reduce((sum, { quantity }) => sum + quantity, 0);
    return [orderLine(orderId), { en: html`${pieces} items`, es: html`${pieces} artículos` }];
  });

/** The stock of orders. */
export const reservationMessages: Messages = {
  'product.stockReserved': held('🔒', 'Stock reserved', 'Existencias reservadas'),
  'product.stockCommitted': held('🏷️', 'Stock sold', 'Existencias vendidas'),
  'product.stockReleased': held('🔓', 'Stock released', 'Existencias liberadas'),
  'product.reservationExpired': message(
    z.object({ orderId: z.string() }),
    { icon: '⌛', en: 'Not paid in time', es: 'No se pagó a tiempo' },
    ({ orderId }) => [orderLine(orderId)],
  ),
};

const priced = ({ name, sku, price, currency }: z.output<typeof Product>, language: Language) =>
  html`${name} (<code>${sku}</code>), ${moneyText(price, currency, language)}`;
