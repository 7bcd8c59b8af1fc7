import { getProduct } from './get-product.js';
import { getProducts } from './get-products.js';
import { listMovements } from './list-movements.js';
import { listProducts } from './list-products.js';
import { listTenants } from './list-tenants.js';
import { readCatalogue } from './read-catalogue.js';

/** What products-service answers, from the rows that are committed. */
export const productQueries = [
  getProduct,
  getProducts,
  listProducts,
  listMovements,
  readCatalogue,
  listTenants,
];
