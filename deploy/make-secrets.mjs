// Writes the secrets that `docker compose up` needs into .env: only what is not set there yet. Node alone is enough:
//   node deploy/make-secrets.mjs [--postgres]
// or, where there is none:  docker run --rm --volume "$PWD:/comanda" --workdir /comanda node:24-slim node deploy/make-secrets.mjs
// With --postgres also the passwords of the roles, and the URLs that lead the services to the PostgreSQL of
// docker-compose.yml, each as its own role. The gateway keeps its SQLite file.
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseEnv } from 'node:util';

const ROOT = resolve(import.meta.dirname, '..');
const file = join(process.cwd(), '.env');
const example = readFileSync(join(ROOT, '.env.example'), 'utf8');

const random = (bytes) => randomBytes(bytes).toString('hex');

/** How a secret is made, by its name; a setting that only people can choose has no rule. */
const RULES = [
  [/_PASSWORD$/, () => random(24)],
  [/^JWT_SECRET$/, () => random(48)],
  [/^WEBHOOK_ENCRYPTION_KEYS$/, () => `key-1:${random(32)}`],
];

let text = existsSync(file) ? readFileSync(file, 'utf8') : example;
const settings = parseEnv(text);
const made = [];

/** Puts a value where the setting stands empty, or at the end. */
function set(name, value) {
  if (settings[name]) return;
  const empty = new RegExp(`^${name}=\\s*$`, 'm');
  if (empty.test(text)) text = text.replace(empty, () => `${name}=${value}`);
  else text = `${text.replace(/\n*$/, '\n')}${name}=${value}\n`;
  settings[name] = value;
  made.push(name);
}

const required = [...example.matchAll(/^([A-Z][A-Z0-9_]*)=\s*$/gm)].map(([, name]) => name);
for (const name of required) {
  const rule = RULES.find(([pattern]) => pattern.test(name));
  if (rule) set(name, rule[1]());
}

if (process.argv.includes('--postgres')) {
  const roles = [
    ...readFileSync(join(ROOT, 'deploy/postgres/roles.sql'), 'utf8').matchAll(
      /^\\getenv (\w+)_password (\w+)$/gm,
    ),
  ].map(([, role, setting]) => ({ role, setting }));
  set('POSTGRES_PASSWORD', random(24));
  for (const { setting } of roles) set(setting, random(24));
  const urlOf = (role, schema) => {
    const { setting } = roles.find((one) => one.role === role);
    return `postgres://${role}:${settings[setting]}@postgres/comanda?schema=${schema}`;
  };
  for (const { role } of roles.filter((one) => one.role !== 'auditor' && one.role !== 'gateway')) {
    set(`${role.toUpperCase()}_DATABASE_URL`, urlOf(role, role));
    set(`AUDITOR_${role.toUpperCase()}_DATABASE_URL`, urlOf('auditor', role));
  }
}

if (made.length > 0) writeFileSync(file, text, { mode: 0o600 });
console.error(made.length > 0 ? `.env has now: ${made.join(', ')}` : '.env has all secrets already');
const left = required.filter((name) => !settings[name]);
if (left.length > 0) console.error(`To be chosen by you: ${left.join(', ')}`);
