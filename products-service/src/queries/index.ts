import { GetProductQuery } from './get-product.js';
import { ListMovementsQuery } from './list-movements.js';
import { ListProductsQuery } from './list-products.js';
import { ListTenantsQuery } from './list-tenants.js';
import { ReadCatalogueQuery } from './read-catalogue.js';

/** The queries of products-service; they read committed rows. */
export const productQueries = [
  GetProductQuery,
  ListProductsQuery,
  ListMovementsQuery,
  ReadCatalogueQuery,
  ListTenantsQuery,
];
