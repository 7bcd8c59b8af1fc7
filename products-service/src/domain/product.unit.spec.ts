import { describe, expect, test } from '@jest/globals';
import { changed, newProduct } from './product.js';

const [NOW, LATER] = ['2026-01-01T12:00:00.000Z', '2026-01-01T13:00:00.000Z'];
const product = newProduct(
  { tenantId: 't', productId: 'p', sku: 'cafe-1', name: 'Café', price: 180, currency: 'EUR', active: true },
  NOW,
);

test('a search looks at name and SKU', () => {
  expect(product.searchText).toBe('CAFÉ\nCAFE-1');
});

describe('a product', () => {
  test('that is changed to what it is stays untouched', () => {
    expect(changed(product, {}, LATER)).toBeUndefined();
    expect(changed(product, { name: 'Café', price: 180, active: true }, LATER)).toBeUndefined();
  });

  test('takes over what is named, and is found by its new name', () => {
    expect(changed(product, { name: 'Té', active: false }, LATER)).toEqual({
      ...product,
      name: 'Té',
      active: false,
      searchText: 'TÉ\nCAFE-1',
      updatedAt: LATER,
    });
    expect(changed(product, { price: 0 }, LATER)?.price).toBe(0);
  });
});
