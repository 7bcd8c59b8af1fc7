import { accept, type DataOf, GetSubscription, type Message, type Reply, refuse } from '@comanda/contracts';
import { Answers } from '@comanda/messaging';
import { DATABASE } from '@comanda/service-kit';
import type { Database } from '@comanda/storage';
import { Controller, Inject } from '@nestjs/common';
import { subscriptions } from '../storage/tables.js';
import { subscriptionView } from '../views/subscription-view.js';

/** One subscription, without its secrets. */
@Controller()
export class GetSubscriptionQuery {
  readonly #database: Database;

  constructor(@Inject(DATABASE) database: Database) {
    this.#database = database;
  }

  @Answers(GetSubscription)
  async get({ tenantid, data: { subscriptionId } }: Message<DataOf<typeof GetSubscription>>): Promise<Reply> {
    const found = await this.#database.of(tenantid).find(subscriptions.read(tenantid, subscriptionId));
    return found && !found.deleted
      ? accept(subscriptionView(found))
      : refuse(404, 'UNKNOWN_SUBSCRIPTION', `There is no subscription ${subscriptionId}.`);
  }
}
