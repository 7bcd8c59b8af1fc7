import { GetProductQuery } from './get-product.js';
import { ListMovementsQuery } from './list-movements.js';
import { ListProductsQuery } from './list-products.js';
import { ListTenantsQuery } from './list-tenants.js';
import { ReadCatalogueQuery } from './read-catalogue.js';

/** Everything that products-service answers, from what is committed. */
export const productQueries = [
  GetProductQuery,
  ListProductsQuery,
  ListMovementsQuery,
  ReadCatalogueQuery,
  ListTenantsQuery,
];
