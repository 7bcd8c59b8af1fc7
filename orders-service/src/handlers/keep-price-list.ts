import { type DataOf, type Message, ProductCreated, ProductUpdated } from '@comanda/contracts';
import { type Effect, on } from '@comanda/messaging';
import { prices } from '../storage/tables.js';

type Listed = Message<DataOf<typeof ProductCreated>>;

const needs = ({ tenantid, data }: Listed) => ({ known: prices.lock(tenantid, data.productId) });

function keep(
  { tenantid, sequence = 0, data }: Listed,
  { known }: { known: { version: number; originalName: string | null } | undefined },
): Effect[] {
  if (known && known.version >= sequence) return []; // an older price that arrives late
  const { productId, sku, name, price, currency, active } = data;
  const originalName = known?.originalName ?? name;
  const listed = { productId, sku, name, originalName, price, currency, active };
  return [prices.put({ tenantId: tenantid, ...listed, version: sequence })];
}

const rules = { needs, decide: keep };
export const addPriceWhenProductCreated = on(ProductCreated, 'add price when product created', rules);
export const changePriceWhenProductUpdated = on(ProductUpdated, 'change price when product updated', rules);
