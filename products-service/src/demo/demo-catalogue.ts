import { setTimeout as pause } from 'node:timers/promises';
import { CreateProduct, DEFAULT_TENANT } from '@comanda/contracts';
import { Broker, Requester, Unavailable } from '@comanda/messaging';
import type { Logger } from 'pino';

/** SKU, name, price in cents, stock. The ids follow from the order, and demos and tests rely on them: only append. */
const MENU = [
  ['ESPRESSO', 'Espresso', 180, 1_000_000],
  ['LAST-CAKE', 'The last cake', 450, 1],
  ['CAPPUCCINO', 'Cappuccino', 280, 1_000_000],
  ['CORTADO', 'Cortado', 220, 1_000_000],
  ['FLAT-WHITE', 'Flat white', 320, 1_000_000],
  ['TEA-MINT', 'Mint tea', 250, 50_000],
  ['HOT-CHOCOLATE', 'Hot chocolate', 350, 50_000],
  ['ORANGE-JUICE', 'Orange juice', 380, 20_000],
  ['CROISSANT', 'Croissant', 210, 500],
  ['MEDIALUNA', 'Medialuna', 190, 500],
  ['TOSTADA', 'Tostada with tomato', 320, 200],
  ['TORTILLA', 'Slice of tortilla', 410, 80],
  ['CHEESECAKE', 'Cheesecake', 520, 40],
] as const;

const RETRY_MS = 1_000;

const idOf = (position: number) => `0190a000-0000-7000-8000-${String(position).padStart(12, '0')}`;

/** Puts the café's products into the catalogue, however long the broker takes. Products that exist stay as they are. */
export async function seedDemoCatalogue(rabbitUrl: string, logger: Logger): Promise<void> {
  const broker = new Broker(rabbitUrl, 'products-service:demo', logger);
  const requester = new Requester('products-service', broker);
  try {
    while (!(await seeded(requester, logger)));
  } finally {
    await broker.close();
  }
}

async function seeded(requester: Requester, logger: Logger): Promise<boolean> {
  await requester.ready();
  try {
    await Promise.all(
      MENU.map(([sku, name, price, stock], at) => {
        const productId = idOf(at + 1);
        const product = { productId, sku, name, price, currency: 'EUR', stock, active: true, actor: 'demo' };
        const context = { tenantId: DEFAULT_TENANT, correlationId: 'demo-data', subject: productId };
        return requester.send(CreateProduct, product, context);
      }),
    );
    return true;
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    logger.warn({ error: error.message }, 'demo products not sent yet');
    await pause(RETRY_MS);
    return false;
  }
}
