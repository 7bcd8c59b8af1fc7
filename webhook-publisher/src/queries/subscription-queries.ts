import {
  accept,
  CheckTarget,
  type DataOf,
  GetSubscription,
  ListSubscriptions,
  type Message,
  type Reply,
  refuse,
} from '@comanda/contracts';
import { Answers } from '@comanda/messaging';
import { cursorParameters, DATABASE, keysetCondition, pageOf } from '@comanda/service-kit';
import { type Database, selectList } from '@comanda/storage';
import { Controller, Inject } from '@nestjs/common';
import { checkTargetUrl } from '../channels/target-url.js';
import { viewOf } from '../handlers/subscription-view.js';
import { subscriptions } from '../storage/tables.js';

/** What may be sent where. */
export const TARGET_RULES = Symbol('TargetRules');
export interface TargetRules {
  readonly requireHttps: boolean;
  readonly allowPrivateHosts: boolean;
}

const SELECT = `SELECT ${selectList(subscriptions.columns, 's')} FROM subscriptions s WHERE s.tenant_id = ?1 ->> 'tenant' AND s.deleted = 0`;
const CHAT_ID = /^(-?\d{1,20}|@[A-Za-z]\w{3,31})$/;

/** Answers about subscriptions, from what is committed. Secrets never leave with them. */
@Controller()
export class SubscriptionQueries {
  constructor(
    @Inject(DATABASE) private readonly database: Database,
    @Inject(TARGET_RULES) private readonly rules: TargetRules,
  ) {}

  @Answers(CheckTarget)
  async checkTarget({ data: { channel, target } }: Message<DataOf<typeof CheckTarget>>): Promise<Reply> {
    if (channel === 'telegram') {
      return CHAT_ID.test(target)
        ? accept({ target })
        : refuse(
            400,
            'BAD_TARGET',
            'target: must be the id of a Telegram chat, or @name of a public channel',
          );
    }
    const checked = await checkTargetUrl(target, this.rules);
    return checked.ok ? accept({ target }) : refuse(400, 'UNSAFE_TARGET', `target: ${checked.detail}`);
  }

  @Answers(GetSubscription)
  async get({ tenantid, data: { subscriptionId } }: Message<DataOf<typeof GetSubscription>>): Promise<Reply> {
    const [row] = await this.database.of(tenantid).read(`${SELECT} AND s.subscription_id = ?1 ->> 'id'`, {
      tenant: tenantid,
      id: subscriptionId,
    });
    return row
      ? accept(viewOf(subscriptions.decode(row)))
      : refuse(404, 'UNKNOWN_SUBSCRIPTION', `There is no subscription ${subscriptionId}.`);
  }

  @Answers(ListSubscriptions)
  async list({
    tenantid,
    data: { limit, cursor },
  }: Message<DataOf<typeof ListSubscriptions>>): Promise<Reply> {
    const rows = await this.database.of(tenantid).read(
      `${SELECT} AND ${keysetCondition('s.created_at', 's.subscription_id', 'DESC')}
       ORDER BY s.created_at DESC, s.subscription_id DESC LIMIT CAST(?1 ->> 'limit' AS BIGINT)`,
      { tenant: tenantid, limit: limit + 1, ...cursorParameters(cursor) },
    );
    const found = rows.map((row) => subscriptions.decode(row));
    return accept(
      pageOf(found, limit, ({ createdAt, subscriptionId }) => [createdAt, subscriptionId], viewOf),
    );
  }
}
