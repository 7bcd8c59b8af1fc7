import { CUSTOMER, STAFF } from '../../support/api.js';
import type { Random } from '../random.js';
import { Client } from './client.js';
import { Customer } from './customer.js';
import { Diary } from './diary.js';
import { Staff } from './staff.js';

/** Customers and staff at work, at all gateways, until the shop is closed. */
export class Shop {
  readonly diary = new Diary();
  readonly #clients: Client[] = [];
  readonly #working: Promise<unknown>;

  constructor(gateways: readonly string[], options: { readonly customers: number; readonly random: Random }) {
    const { customers, random } = options;
    const client = (email: string) => {
      const one = new Client(gateways, email, this.diary);
      this.#clients.push(one);
      return one;
    };
    this.#working = Promise.all([
      ...Array.from({ length: customers }, () =>
        new Customer(client(CUSTOMER.email), this.diary, random.fork()).shop(),
      ),
      new Staff(client(STAFF.email), this.diary, random.fork()).work(),
    ]);
  }

  /** Nothing new is begun; what was begun is seen through. */
  async close(): Promise<void> {
    for (const client of this.#clients) client.close();
    await this.#working;
  }
}
