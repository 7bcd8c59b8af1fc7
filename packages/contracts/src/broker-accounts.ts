import type { MessageType, QueryType } from './define.js';
import { SERVICES, type ServiceName } from './services.js';

/** The account of the operators' commands (`npm run catalogue`, `queues`, ...). */
export const OPERATOR = 'operator';

/** Who logs in to the broker: each service with an account that is called as the service, and the operators. */
export type BrokerAccount = ServiceName | typeof OPERATOR;
export const BROKER_ACCOUNTS: readonly BrokerAccount[] = [...SERVICES.map(({ name }) => name), OPERATOR];

/**
 * The account that a user of the broker belongs to: `orders-service`, or `orders-service.b` while its password is
 * changed by two users in turn. `undefined` when the installation has one user for all, as a developer's has.
 */
export const accountOf = (user: string): BrokerAccount | undefined =>
  BROKER_ACCOUNTS.find((account) => user === account || user.startsWith(`${account}.`));

/**
 * Who may send such a message to a service: the publisher of an event; for what is asked of the service, the gateway,
 * the operators, the service itself, and who is named with it (`askedBy`). The service that handles a message may put it back into its own queue, to try
 * again.
 */
export function sendersOf(type: MessageType | QueryType, receiver: ServiceName): ReadonlySet<BrokerAccount> {
  if (type.kind === 'event') return new Set([type.publisher, receiver]);
  const askers: BrokerAccount[] = type.operatorsOnly ? [OPERATOR] : ['api-gateway', OPERATOR];
  return new Set([...askers, ...(type.askedBy ?? []), receiver]);
}

/** Whether an account may publish such a message to the exchange, from where it reaches all its consumers. */
export const mayPublish = (account: BrokerAccount, type: MessageType): boolean =>
  type.kind === 'event' ? type.publisher === account : sendersOf(type, type.to).has(account);
