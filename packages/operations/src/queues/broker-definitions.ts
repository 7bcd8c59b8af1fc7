import {
  BROKER_ACCOUNTS,
  type BrokerAccount,
  COMMANDS,
  CONSUMING_SERVICES,
  EVENTS,
  LIVE_SOURCES,
  mayPublish,
  OPERATOR,
  SERVICES,
  type ServiceName,
  typesFor,
} from '@comanda/contracts';
import {
  deadLettersOf,
  EXCHANGE,
  listenerQueuePrefix,
  queryQueuePrefix,
  queues,
  ROLL_EXCHANGE,
} from '@comanda/messaging';
import { declarationsOf } from './queue-status.js';

/** What a user of the broker may do, as regular expressions on the names of queues and exchanges. */
interface Permissions {
  /** Declare and delete. */
  readonly configure: string;
  readonly write: string;
  readonly read: string;
}

/** How RabbitMQ calls the exchange '', which leads to the queue that the routing key names. */
const DEFAULT_EXCHANGE = 'amq.default';

/**
 * All that a broker needs for Comanda, in the format of RabbitMQ's definitions
 * (https://www.rabbitmq.com/docs/definitions): a user for each service with exactly its permissions, the exchange, the
 * queues and their bindings. Which setting has the password of a user stands beside it.
 */
export function brokerDefinitions() {
  return {
    accounts: BROKER_ACCOUNTS.map((account) => ({
      account,
      passwordSetting: passwordSettingOf(account),
      permissions: permissionsOf(account),
      topicPermissions: {
        exchange: EXCHANGE,
        write: anyOf(publishedBy(account)),
        read: anyOf(heardBy(account)),
      },
    })),
    exchanges: [
      { name: EXCHANGE, type: 'topic', durable: true, auto_delete: false, internal: false, arguments: {} },
    ],
    queues: queues()
      .flatMap(({ queue }) => declarationsOf(queue))
      .map(({ queue, options }) => ({
        name: queue,
        durable: true,
        auto_delete: false,
        arguments: options.arguments as Record<string, unknown>,
      })),
    bindings: queues().flatMap(({ service, queue }) =>
      typesFor(service).map((type) => ({
        source: EXCHANGE,
        destination: queue,
        destination_type: 'queue',
        routing_key: type,
        arguments: {},
      })),
    ),
  };
}

/** `ORDERS_RABBITMQ_PASSWORD`, by the alias of the service. */
const passwordSettingOf = (account: BrokerAccount): string => {
  const alias = SERVICES.find(({ name }) => name === account)?.alias ?? account;
  return `${alias.toUpperCase()}_RABBITMQ_PASSWORD`;
};

function permissionsOf(account: BrokerAccount): Permissions {
  const publishes = anyOf([EXCHANGE, DEFAULT_EXCHANGE, ROLL_EXCHANGE]);
  // `queues check` compares each queue with its declaration by declaring it.
  if (account === OPERATOR)
    return {
      configure: anyOf(queues().flatMap(({ queue }) => declarationsOf(queue).map((one) => one.queue))),
      write: publishes,
      read: anyOf([]),
    };
  if (account === 'api-gateway') return listening(account, publishes);
  const service = CONSUMING_SERVICES.find(({ name }) => name === account);
  if (service === undefined)
    return {
      configure: anyOf([]),
      write: publishedBy(account).length > 0 ? publishes : anyOf([]),
      read: anyOf([]),
    };
  const { messages } = service.queues;
  const own = `^${literally(queryQueuePrefix(account))}[0-9a-f-]+$`;
  return {
    configure: own,
    write: `${publishes}|${own}`,
    read: `${own}|${anyOf([messages, deadLettersOf(messages), ROLL_EXCHANGE])}`,
  };
}

/** Each of its instances makes queues that go with it, and binds them to what it may hear. */
function listening(service: ServiceName, publishes: string): Permissions {
  const own = `^${literally(listenerQueuePrefix(service))}[0-9a-f-]+(\\.dropped)?$`;
  return {
    configure: own,
    write: `${publishes}|${own}`,
    read: `${own}|${anyOf([EXCHANGE])}`,
  };
}

/** What an account may bind queues of its own to, without being a consumer. */
const heardBy = (account: BrokerAccount): string[] =>
  account === 'api-gateway' ? LIVE_SOURCES.map(({ type }) => type) : [];

const publishedBy = (account: BrokerAccount): string[] =>
  [...EVENTS, ...COMMANDS].filter((type) => mayPublish(account, type)).map(({ type }) => type);

/** Matches these names and no other; no name at all when there is none. */
const anyOf = (names: readonly string[]): string =>
  `^${names.length === 0 ? '' : `(${names.map(literally).join('|')})`}$`;

const literally = (name: string): string => name.replaceAll('.', '\\.');
