import { PRODUCTS } from '../../support/api.js';
import type { Random } from '../random.js';

/** What a client does after its order was accepted. */
export type Afterthought = 'cancel at once' | 'cancel when it has ended' | 'send it again';

/** One thing that clients want, and how it may end. */
export interface CustomerScript {
  readonly name: string;
  body(random: Random): object;
  /**
   * How it may end: a status, and its code if it is a rejection. That it may run out of time goes without saying, and
   * so does what a cancellation brings about.
   */
  readonly ends: readonly string[];
  readonly afterwards?: Afterthought;
}

/** 40 of them at the start: many want it, and staff put a few more on the shelf now and then. */
export const HOT_PRODUCT = PRODUCTS.cheesecake;

const one = (productId: string, quantity: number, method: string) => ({
  productId,
  quantity,
  payment: { method },
});
const espressos = (method: string) => (random: Random) =>
  one(PRODUCTS.espresso, random.between(1, 5), method);

/** What the customers draw from. */
export const CUSTOMER_SCRIPTS: readonly CustomerScript[] = [
  { name: 'buys', body: espressos('sim_approved'), ends: ['CONFIRMED'] },
  {
    name: 'buys several',
    body: (random) => ({
      items: [
        { productId: PRODUCTS.espresso, quantity: random.between(1, 3) },
        { productId: PRODUCTS.cappuccino, quantity: 1 },
        { productId: PRODUCTS.croissant, quantity: 1 },
      ],
      payment: { method: 'sim_approved' },
    }),
    ends: ['CONFIRMED', 'REJECTED OUT_OF_STOCK'],
  },
  {
    name: 'wants what many want',
    body: (random) => one(HOT_PRODUCT, random.between(1, 3), 'sim_approved'),
    ends: ['CONFIRMED', 'REJECTED OUT_OF_STOCK'],
  },
  {
    name: 'wants what many want, and more',
    body: (random) => ({
      items: [
        { productId: HOT_PRODUCT, quantity: 1 },
        { productId: PRODUCTS.espresso, quantity: random.between(1, 3) },
      ],
      payment: { method: random.pick(['sim_approved', 'sim_declined']) },
    }),
    ends: ['CONFIRMED', 'REJECTED OUT_OF_STOCK', 'REJECTED CARD_DECLINED'],
  },
  {
    name: 'wants more than there is',
    body: () => one(PRODUCTS.medialuna, 501, 'sim_approved'),
    ends: ['REJECTED OUT_OF_STOCK'],
  },
  { name: 'pays with a bad card', body: espressos('sim_declined'), ends: ['REJECTED CARD_DECLINED'] },
  { name: 'looks like fraud', body: espressos('sim_fraud'), ends: ['REJECTED FRAUD_SUSPECTED'] },
  { name: 'pays with a slow bank', body: espressos('sim_flaky'), ends: ['CONFIRMED'] },
  {
    name: 'pays with luck',
    body: espressos('sim_random'),
    ends: ['CONFIRMED', 'REJECTED CARD_DECLINED', 'REJECTED PROVIDER_UNAVAILABLE'],
  },
  {
    name: 'changes its mind at once',
    body: espressos('sim_approved'),
    ends: ['CONFIRMED'],
    afterwards: 'cancel at once',
  },
  {
    name: 'changes its mind on what many want',
    body: () => one(HOT_PRODUCT, 1, 'sim_approved'),
    ends: ['CONFIRMED', 'REJECTED OUT_OF_STOCK'],
    afterwards: 'cancel at once',
  },
  {
    name: 'changes its mind later',
    body: (random) => one(PRODUCTS.cappuccino, random.between(1, 5), 'sim_approved'),
    ends: ['CONFIRMED'],
    afterwards: 'cancel when it has ended',
  },
  {
    name: 'is not sure that its request arrived',
    body: espressos('sim_approved'),
    ends: ['CONFIRMED'],
    afterwards: 'send it again',
  },
];
