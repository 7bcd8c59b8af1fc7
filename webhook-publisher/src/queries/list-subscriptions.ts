import { accept, type DataOf, ListSubscriptions, type Message, type Reply } from '@comanda/contracts';
import { Answers } from '@comanda/messaging';
import { cursorParameters, DATABASE, pageOf } from '@comanda/service-kit';
import { type Database, selectList, statement } from '@comanda/storage';
import { Controller, Inject } from '@nestjs/common';
import { subscriptions } from '../storage/tables.js';
import { subscriptionView } from '../views/subscription-view.js';

const PAGE = statement(`SELECT ${selectList(subscriptions.columns, 's')} FROM subscriptions s
  WHERE s.tenant_id = $1 AND s.deleted = 0
    AND (CAST($2 AS TEXT) IS NULL OR (s.created_at, s.subscription_id) < ($2, $3))
  ORDER BY s.created_at DESC, s.subscription_id DESC LIMIT $4`);

/** A page of subscriptions, newest first. */
@Controller()
export class ListSubscriptionsQuery {
  readonly #database: Database;

  constructor(@Inject(DATABASE) database: Database) {
    this.#database = database;
  }

  @Answers(ListSubscriptions)
  async list({
    tenantid,
    data: { limit, cursor },
  }: Message<DataOf<typeof ListSubscriptions>>): Promise<Reply> {
    const { cursorFirst, cursorId } = cursorParameters(cursor);
    const rows = await this.#database.of(tenantid).read(PAGE, tenantid, cursorFirst, cursorId, limit + 1);
    const found = rows.map((row) => subscriptions.decode(row));
    return accept(
      pageOf(found, limit, ({ createdAt, subscriptionId }) => [createdAt, subscriptionId], subscriptionView),
    );
  }
}
