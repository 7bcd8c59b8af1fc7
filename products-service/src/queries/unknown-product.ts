import { type Reply, refuse } from '@comanda/contracts';

export const unknownProduct = (productId: string): Reply =>
  refuse(404, 'UNKNOWN_PRODUCT', `There is no product ${productId}.`);
