import { type Language, moneyText } from '@comanda/contracts';
import { z } from 'zod';
import { code, line } from './line.js';
import { orderLine, reasonLine, type Wording, type Wordings, wording } from './message.js';

const Product = z.object({ name: z.string(), sku: z.string(), price: z.int(), currency: z.string() });
const StockLevel = z.object({ productId: z.string(), available: z.int() });
const Shortage = StockLevel.extend({ requested: z.int() });

export const productMessages: Wordings = {
  'product.created': wording(Product, { icon: '🆕', en: 'New product', es: 'Producto nuevo' }, (product) => [
    { en: priced(product, 'en'), es: priced(product, 'es') },
  ]),
  'product.updated': wording(
    Product,
    { icon: '✏️', en: 'Product changed', es: 'Producto modificado' },
    (product) => [{ en: priced(product, 'en'), es: priced(product, 'es') }],
  ),
  'product.stockLow': wording(
    StockLevel,
    { icon: '⚠️', en: 'Stock is low', es: 'Quedan pocas existencias' },
    ({ productId, available }) => [
      {
        en: line`Product ${code(productId)}: ${available} left`,
        es: line`Producto ${code(productId)}: quedan ${available}`,
      },
    ],
  ),
  'product.stockChanged': wording(
    StockLevel.extend({ delta: z.int(), reason: z.string() }),
    { icon: '📦', en: 'Stock changed', es: 'Existencias modificadas' },
    ({ productId, available, delta, reason }) => {
      const change = delta > 0 ? `+${delta}` : String(delta);
      return [
        {
          en: line`Product ${code(productId)}: ${change}, ${available} available`,
          es: line`Producto ${code(productId)}: ${change}, ${available} disponibles`,
        },
        reasonLine(reason),
      ];
    },
  ),
  'product.stockRejected': wording(
    z.object({ orderId: z.string(), shortages: z.array(Shortage) }),
    { icon: '📭', en: 'Not enough stock', es: 'Existencias insuficientes' },
    ({ orderId, shortages }) => [
      orderLine(orderId),
      ...shortages.map(({ productId, requested, available }) => ({
        en: line`${code(productId)}: ${requested} asked, ${available} left`,
        es: line`${code(productId)}: se piden ${requested}, quedan ${available}`,
      })),
    ],
  ),
};

const Held = z.object({ orderId: z.string(), items: z.array(z.object({ quantity: z.int() })) });

const held = (icon: string, en: string, es: string): Wording =>
  wording(Held, { icon, en, es }, ({ orderId, items }) => {
    const pieces = items.reduce((sum, { quantity }) => sum + quantity, 0);
    return [orderLine(orderId), { en: line`${pieces} items`, es: line`${pieces} artículos` }];
  });

/** The stock of orders. */
export const reservationMessages: Wordings = {
  'product.stockReserved': held('🔒', 'Stock reserved', 'Existencias reservadas'),
  'product.stockCommitted': held('🏷️', 'Stock sold', 'Existencias vendidas'),
  'product.stockReleased': held('🔓', 'Stock released', 'Existencias liberadas'),
  'product.reservationExpired': wording(
    z.object({ orderId: z.string() }),
    { icon: '⌛', en: 'Not paid in time', es: 'No se pagó a tiempo' },
    ({ orderId }) => [orderLine(orderId)],
  ),
};

const priced = ({ name, sku, price, currency }: z.output<typeof Product>, language: Language) =>
  line`${name} (${code(sku)}), ${moneyText(price, currency, language)}`;
