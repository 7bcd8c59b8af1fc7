import { accept, type DataOf, GetSubscription, type Message, type Reply, refuse } from '@comanda/contracts';
import { Answers } from '@comanda/messaging';
import { DATABASE } from '@comanda/service-kit';
import { type Database, selectList } from '@comanda/storage';
import { Controller, Inject } from '@nestjs/common';
import { subscriptions } from '../storage/tables.js';
import { subscriptionView } from '../views/subscription-view.js';

const SUBSCRIPTION = `SELECT ${selectList(subscriptions.columns, 's')} FROM subscriptions s
  WHERE s.tenant_id = ?1 ->> 0 AND s.subscription_id = ?1 ->> 1 AND s.deleted = 0`;

/** One subscription, without its secrets. */
@Controller()
export class GetSubscriptionQuery {
  readonly #database: Database;

  constructor(@Inject(DATABASE) database: Database) {
    this.#database = database;
  }

  @Answers(GetSubscription)
  async get({ tenantid, data: { subscriptionId } }: Message<DataOf<typeof GetSubscription>>): Promise<Reply> {
    const [row] = await this.#database.of(tenantid).read(SUBSCRIPTION, [tenantid, subscriptionId]);
    return row
      ? accept(subscriptionView(subscriptions.decode(row)))
      : refuse(404, 'UNKNOWN_SUBSCRIPTION', `There is no subscription ${subscriptionId}.`);
  }
}
