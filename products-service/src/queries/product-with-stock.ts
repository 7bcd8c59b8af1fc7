import { type RawRow, selectList } from '@comanda/storage';
import type { Product } from '../domain/product.js';
import type { Stock } from '../domain/stock.js';
import { products, stock } from '../storage/tables.js';

const ofStockAlone = stock.columns.filter((column) => !products.columns.includes(column));

/** Products (`p`), each with its stock (`s`). */
export const PRODUCT_WITH_STOCK = `SELECT ${selectList(products.columns, 'p')}, ${selectList(ofStockAlone, 's')}
  FROM products p JOIN stock s ON s.tenant_id = p.tenant_id AND s.product_id = p.product_id`;

export const productWithStock = (row: RawRow): { product: Product; stock: Stock } => ({
  product: products.decode(row),
  stock: stock.decode(row),
});
