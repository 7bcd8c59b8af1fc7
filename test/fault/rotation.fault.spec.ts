import { DATABASE_OWNERS, type DatabaseName } from '@comanda/contracts';
import { MailServer } from '@comanda/stand-ins';
import { afterAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { Api, STAFF } from '../support/api.js';
import { checkBooks } from '../support/books.js';
import { commandOf } from '../support/command.js';
import { makeBrokerUsers, schemaUrlOf } from '../support/own-users.js';
import { Traffic } from '../support/traffic.js';
import { until } from '../support/until.js';
import { useInstallation } from '../support/use-installation.js';

/** The services that are restarted: with two instances each, one of which is always there. */
const ROLLED = ['gateway', 'orders', 'webhooks'] as const satisfies readonly DatabaseName[];
const owners = DATABASE_OWNERS.filter(({ alias }) => ROLLED.some((one) => one === alias));
const OLD = {
  jwt: 'the-former-secret-of-the-tokens-0123456789',
  vault: 'old:the-former-key-of-the-vault-0123456789',
};
const NEW = {
  jwt: 'the-present-secret-of-the-tokens-987654321',
  vault: 'new:the-present-key-of-the-vault-987654321',
};
/** Who logs in to the servers: the second users, or the first ones with another password. */
const SECOND = { suffix: 'b', password: 'the-password-of-the-second-users' };
const FIRST = { suffix: '', password: 'the-new-password-of-the-first-ones' };
const ADDRESS = 'ana.gil@example.com';

const BEFORE = { JWT_SECRET: OLD.jwt, WEBHOOK_ENCRYPTION_KEYS: OLD.vault };
/** All know what is new, and nobody uses it yet: who is not restarted yet could not make anything of it. */
const KNOWN = {
  JWT_SECRET: OLD.jwt,
  JWT_PREVIOUS_SECRETS: NEW.jwt,
  WEBHOOK_ENCRYPTION_KEYS: `${OLD.vault},${NEW.vault}`,
};
const USED = {
  JWT_SECRET: NEW.jwt,
  JWT_PREVIOUS_SECRETS: OLD.jwt,
  WEBHOOK_ENCRYPTION_KEYS: `${NEW.vault},${OLD.vault}`,
};
const AFTER = { JWT_SECRET: NEW.jwt, WEBHOOK_ENCRYPTION_KEYS: NEW.vault };

describe('every secret is changed under load, one instance of a service after the other', () => {
  let mail: MailServer;
  let redis: Redis | undefined;
  let traffic: Traffic | undefined;
  const log: string[] = [];
  afterAll(async () => {
    await traffic?.stop();
    redis?.disconnect();
    await mail?.stop();
  });
  const comanda = useInstallation(async () => {
    mail = await MailServer.start();
    return {
      onPostgres: true,
      ownUsers: true,
      instances: { gateway: 2, orders: 2, webhooks: 2 },
      onLine: (name, line) => void log.push(`${name} ${line}`),
      env: { ...BEFORE, SMTP_URL: mail.url, SMTP_FROM: 'orders@example.org' },
    };
  });

  type User = typeof SECOND;

  function withUser(url: string, name: string, password: string): string {
    const own = new URL(url);
    [own.username, own.password] = [name, password];
    return own.href;
  }

  /** Who logs in where, in the settings of a service. */
  const logInsOf = (alias: (typeof ROLLED)[number], { suffix, password }: User): Record<string, string> => {
    const owner = owners.find((one) => one.alias === alias);
    if (!owner) throw new Error(`no service is ${alias}`);
    return {
      RABBITMQ_URL: withUser(comanda.brokerUrl, [owner.name, suffix].filter(Boolean).join('.'), password),
      REDIS_URL: withUser(comanda.redis.url, suffix && 'comanda.b', password),
      [owner.database.variable]: withUser(
        schemaUrlOf(comanda.postgres, alias),
        [alias, suffix].filter(Boolean).join('_'),
        password,
      ),
    };
  };

  async function restart(name: string, settings: Record<string, string>): Promise<void> {
    await traffic?.leave(name);
    await comanda.platform.restart(name, settings);
    traffic?.comeBack(name);
  }

  /** The first instance of each service, then the second one; some rounds of requests go on after each. */
  async function roll(keys: Record<string, string>, user: User): Promise<void> {
    for (const number of ['', '#2']) {
      await Promise.all(
        ROLLED.map((alias) => restart(alias + number, { ...keys, ...logInsOf(alias, user) })),
      );
      await traffic?.more(4);
    }
  }

  /** The users of the services that were restarted, as each server knows who is connected. */
  async function connected(): Promise<{ broker: string[]; postgres: string[]; redis: string[] }> {
    const unique = (names: readonly unknown[]) => [...new Set(names.map(String))].toSorted();
    const ours = (name: string) => ROLLED.some((alias) => name === alias || name === `${alias}_b`);
    const byName = (name: string) => owners.some((one) => name === one.name || name === `${one.name}.b`);
    const sessions = await comanda.postgres.admin('SELECT usename FROM pg_stat_activity');
    const listed = await comanda.rabbit.ctl('list_connections', 'user');
    const clients = String(await redis?.client('LIST'));
    return {
      broker: unique(listed.split('\n').map((line) => line.trim())).filter(byName),
      postgres: unique(sessions.map(({ usename }) => usename)).filter(ours),
      redis: unique([...clients.matchAll(/ user=(\S+)/g)].map(([, user]) => user)),
    };
  }

  it('by two users in turn, keys that all know before one uses them, and the old ones taken away: no request fails', async () => {
    redis = new Redis(comanda.redis.url);
    const tokenOfBefore = comanda.staff.token;
    traffic = new Traffic(comanda, ADDRESS);
    await traffic.more(4);

    // The second users.
    const brokerPasswords = (suffix: string, password: string) =>
      Object.fromEntries(
        owners.map(({ alias }) => [`${alias.toUpperCase()}_RABBITMQ_PASSWORD${suffix}`, password]),
      );
    await makeBrokerUsers(comanda.rabbit, brokerPasswords('_B', SECOND.password));
    for (const role of ROLLED)
      await comanda.postgres.admin(
        `CREATE ROLE ${role}_b LOGIN PASSWORD '${SECOND.password}' IN ROLE ${role}; ALTER ROLE ${role}_b SET role = ${role}`,
      );
    await redis.call('ACL', 'SETUSER', 'comanda.b', 'on', `>${SECOND.password}`, '~*', '&*', '+@all');
    await roll(KNOWN, SECOND);
    expect(await connected()).toEqual({
      broker: owners.map(({ name }) => `${name}.b`).toSorted(),
      postgres: ROLLED.map((role) => `${role}_b`).toSorted(),
      // products-service and payments-service are still the first user, and so are we.
      redis: ['comanda.b', 'default'],
    });

    // The first ones, with other passwords.
    await makeBrokerUsers(comanda.rabbit, {
      ...brokerPasswords('', FIRST.password),
      ...brokerPasswords('_B', SECOND.password),
    });
    for (const role of ROLLED)
      await comanda.postgres.admin(`ALTER ROLE ${role} PASSWORD '${FIRST.password}'`);
    await redis.config('SET', 'requirepass', FIRST.password);
    await roll(USED, FIRST);
    expect(await connected()).toEqual({
      broker: owners.map(({ name }) => name).toSorted(),
      postgres: [...ROLLED].toSorted(),
      redis: ['default'],
    });
    // What `rabbitmqctl delete_user` does, for all in one call.
    await comanda.rabbit.ctl(
      'eval',
      `[rabbit_auth_backend_internal:delete_user(User, <<"tests">>) || User <- [${owners.map(({ name }) => `<<"${name}.b">>`).join()}]].`,
    );
    for (const role of ROLLED) await comanda.postgres.admin(`DROP ROLE ${role}_b`);
    await redis.call('ACL', 'DELUSER', 'comanda.b');

    // What is old is taken away: first where contacts are sealed, then where they are opened.
    const asBefore = await new Api(comanda.platform.url, tokenOfBefore).get('/subscriptions');
    expect(asBefore.status).toBe(200);
    comanda.staff = await Api.logIn(comanda.platform.url, STAFF.email);
    await traffic.more(4);
    for (const name of ['gateway', 'gateway#2'])
      await restart(name, { ...AFTER, ...logInsOf('gateway', FIRST) });
    await traffic.more(2);
    const reseal = commandOf({ brokerUrl: comanda.brokerUrlFor('operator') }, 'secrets');
    expect(await reseal('reseal')).toMatchObject({ code: 0 });
    for (const name of ['webhooks', 'webhooks#2'])
      await restart(name, { ...AFTER, ...logInsOf('webhooks', FIRST) });
    await traffic.more(4);
    await traffic.stop();

    expect(traffic.failed).toEqual([]);
    expect((await new Api(comanda.platform.url, tokenOfBefore).get('/subscriptions')).status).toBe(401);
    const { orders, confirmed } = await checkBooks(comanda);
    expect([orders, confirmed]).toEqual([traffic.rounds, traffic.rounds]);
    const { rounds } = traffic;
    await until('all customers were told', () => mail.mails.length >= rounds);
    expect(mail.mails.length).toBe(rounds);
    expect(comanda.witness.receiver.forged).toEqual([]);
    expect(
      log.filter((line) => /Redis is away|broker not reached|password|authentication/.test(line)),
    ).toEqual([]);
  });
});
