// Writes the definitions of RabbitMQ: the users of the services with hashes of their passwords, what each may do, the
// exchange, the queues and the bindings. `accounts.json` beside this file has all of that but the passwords, which come
// from the environment (ORDERS_RABBITMQ_PASSWORD ...). Node alone is enough to run it:
//   node deploy/rabbitmq/definitions.mjs definitions.json && rabbitmqctl import_definitions definitions.json
// RABBITMQ_VHOST: the virtual host, / when it is not set. While a password is changed by two users in turn,
// ORDERS_RABBITMQ_PASSWORD_B is that of the second user, orders-service.b.
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';

const SECOND_USER = 'b';
const MIN_LENGTH = 16;
const vhost = process.env.RABBITMQ_VHOST || '/';
const { accounts, exchanges, queues, bindings } = JSON.parse(
  readFileSync(new URL('accounts.json', import.meta.url), 'utf8'),
);

const problems = accounts
  .map(({ passwordSetting }) => passwordSetting)
  .filter((setting) => (process.env[setting] ?? '').length < MIN_LENGTH)
  .map((setting) => `${setting} is not set, or has fewer than ${MIN_LENGTH} characters`);
if (problems.length > 0) {
  for (const problem of problems) console.error(problem);
  process.exit(1);
}

/** As RabbitMQ keeps passwords (https://www.rabbitmq.com/docs/passwords). */
function hashOf(password) {
  const salt = randomBytes(4);
  const digest = createHash('sha256')
    .update(Buffer.concat([salt, Buffer.from(password)]))
    .digest();
  return Buffer.concat([salt, digest]).toString('base64');
}

const users = accounts.flatMap((account) =>
  [
    { ...account, name: account.account, password: process.env[account.passwordSetting] },
    {
      ...account,
      name: `${account.account}.${SECOND_USER}`,
      password: process.env[`${account.passwordSetting}_B`],
    },
  ].filter(({ password }) => password),
);

const definitions = {
  vhosts: [{ name: vhost }],
  users: users.map(({ name, password }) => ({
    name,
    password_hash: hashOf(password),
    hashing_algorithm: 'rabbit_password_hashing_sha256',
    tags: '',
  })),
  permissions: users.map(({ name, permissions }) => ({ user: name, vhost, ...permissions })),
  topic_permissions: users.map(({ name, topicPermissions }) => ({ user: name, vhost, ...topicPermissions })),
  exchanges: exchanges.map((exchange) => ({ ...exchange, vhost })),
  queues: queues.map((queue) => ({ ...queue, vhost })),
  bindings: bindings.map((binding) => ({ ...binding, vhost })),
};

const text = `${JSON.stringify(definitions, null, 2)}\n`;
const [file] = process.argv.slice(2);
if (file === undefined) process.stdout.write(text);
else {
  // A broker that starts meanwhile reads the old file or the new one.
  writeFileSync(`${file}.new`, text, { mode: 0o644 });
  renameSync(`${file}.new`, file);
}
