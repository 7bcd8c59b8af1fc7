import { PassThrough, Readable } from 'node:stream';
import { until } from '@comanda/kit';
import { openDatabase, statement } from '@comanda/storage';
import { Folder, testDatabaseUrl } from '@comanda/test-kit';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { GatewayUnderTest } from '../../test/gateway-under-test.js';
import { Accounts } from '../accounts/accounts.js';
import { CUSTOMER_SCOPES, PRESETS, Scope } from '../auth/scopes.js';
import { migrations } from '../storage/migrations.js';
import type { Input } from './new-password.js';
import { accountsProgram } from './program.js';

const PASSWORD = 'a good password';
const folder = new Folder();
const url = testDatabaseUrl(folder.file('gateway.db'));
const gateway = new GatewayUnderTest();
/** Runs before the gateway has ever been started: it makes the tables. */
let beforeTheStart: string[];
beforeAll(async () => {
  beforeTheStart = await run('list');
  await gateway.start({ GATEWAY_DATABASE_URL: url });
});
afterAll(async () => {
  await gateway.close();
  folder.remove();
});

/** Runs a command; what it prints. */
async function run(line: string, input: Input = Readable.from([])): Promise<string[]> {
  const printed: string[] = [];
  const program = accountsProgram({
    openDatabase: () => openDatabase(url, migrations),
    input,
    print: (text) => void printed.push(text),
    say: () => undefined,
  });
  await program.parseAsync(line.split(' '), { from: 'user' });
  return printed;
}
const piped = (password: string): Input => Readable.from([`${password}\n`]);

const logIn = (email: string, password: string, tenant?: string) =>
  gateway.call('POST', '/api/v1/auth/token', { body: { email, password, tenant } });
const eventTypes = async (token: string) =>
  (await gateway.call('GET', '/api/v1/event-types', { token, noNewAccount: true })).status;

describe('npm run accounts', () => {
  test('knows one tenant before the first start', () => {
    expect(beforeTheStart).toEqual(['default has no accounts']);
  });

  test('makes a tenant with its staff, who log in there and nowhere else', async () => {
    expect(await run('create-tenant north')).toEqual(['The tenant north is there.']);
    const [made] = await run('create Staff@North.example --preset owner --tenant north', piped(PASSWORD));
    expect(made).toMatch(/^staff@north\.example \(owner, tenant north\) may log in\. Account [0-9a-f-]{36}$/);

    const { status, body } = await logIn('staff@north.example', PASSWORD, 'north');
    expect(status).toBe(200);
    expect(gateway.jwt.decode(body.accessToken)).toMatchObject({ tenantId: 'north', role: 'staff' });
    expect(await eventTypes(body.accessToken)).toBe(200);
    expect((await logIn('staff@north.example', PASSWORD)).status).toBe(401);
  });

  test('makes an operator, who may do what staff may', async () => {
    const [, line] = await run('create ops@example.org --preset operator --generate');
    const password = /^Its password, which is shown this once: (\S{24})$/.exec(line ?? '')?.[1] ?? '';
    const { body } = await logIn('ops@example.org', password);
    expect(gateway.jwt.decode(body.accessToken)).toMatchObject({
      tenantId: 'default',
      role: 'staff',
      scopes: Scope.options,
    });
    expect(await eventTypes(body.accessToken)).toBe(200);
    // Placing orders is for customers.
    const order = { token: body.accessToken, body: { items: [] }, noNewAccount: true };
    expect((await gateway.call('POST', '/api/v1/orders', order)).status).toBe(403);
  });

  test('changes what staff may do, while the gateway runs, and makes no staff of a customer', async () => {
    await run('create moves@example.org --preset shop', piped(PASSWORD));
    const { body } = await logIn('moves@example.org', PASSWORD);
    expect(gateway.jwt.decode(body.accessToken)).toMatchObject({ role: 'staff', scopes: PRESETS.shop });
    expect(await eventTypes(body.accessToken)).toBe(403);
    expect(await run('set-preset moves@example.org --preset integrator')).toEqual([
      'moves@example.org (tenant default) may do what integrator may.',
    ]);
    const again = await logIn('moves@example.org', PASSWORD);
    const clock = jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 30_000);
    try {
      expect(await eventTypes(again.body.accessToken)).toBe(200);
    } finally {
      clock.mockRestore();
    }
    await run('create buys@example.org --preset customer', piped(PASSWORD));
    await expect(run('set-preset buys@example.org --preset owner')).rejects.toThrow(
      'an account for customer',
    );
  });

  test('changes a password and closes an account, while the gateway runs', async () => {
    await run('create leaves@example.org --preset owner', piped(PASSWORD));
    await run('set-password leaves@example.org', piped('another good one'));
    expect((await logIn('leaves@example.org', PASSWORD)).status).toBe(401);
    const { body } = await logIn('leaves@example.org', 'another good one');
    expect(await eventTypes(body.accessToken)).toBe(200);

    expect(await run('close leaves@example.org')).toEqual([
      'leaves@example.org (tenant default) is closed. Its tokens are refused within a minute.',
    ]);
    expect((await logIn('leaves@example.org', 'another good one')).status).toBe(401);
    const clock = jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 60_000);
    try {
      expect(await eventTypes(body.accessToken)).toBe(401);
    } finally {
      clock.mockRestore();
    }
    const listed = await run('list --tenant default');
    expect(
      listed.filter((line) => / leaves@example\.org staff \(orders:read .*, closed 2\S+$/.test(line)),
    ).toHaveLength(1);
    expect(listed.join()).not.toContain('argon2');
  });

  test.each([
    ['create-tenant default', PASSWORD, 'There is a tenant "default" already.'],
    ['create-tenant no-tenant', PASSWORD, 'stands for no tenant'],
    ['create a@example.org --preset owner --tenant nowhere', PASSWORD, 'There is no tenant "nowhere".'],
    ['create leaves@example.org --preset owner', PASSWORD, 'There is an account leaves@example.org'],
    ['create a@example.org --preset owner', 'short', 'must have at least 8 characters'],
    ['create a@example.org --preset owner', 'x'.repeat(201), 'The password'],
    ['set-password nobody@example.org', PASSWORD, 'There is no account nobody@example.org'],
    ['set-password leaves@example.org', PASSWORD, 'The account leaves@example.org was closed at'],
    ['close leaves@example.org', PASSWORD, 'was closed at'],
    ['list --tenant nowhere', PASSWORD, 'There is no tenant "nowhere".'],
  ])('%s is refused with a line that says why, and changes nothing', async (line, password, why) => {
    const before = await run('list');
    await expect(run(line, piped(password))).rejects.toThrow(why);
    expect(await run('list')).toEqual(before);
  });
});

describe('a password that is typed', () => {
  /** Types these answers at a terminal, one to each question; what the terminal then shows. */
  async function typed(...answers: string[]): Promise<{ shown: string; made: boolean; why?: string }> {
    const terminal = Object.assign(new PassThrough(), { isTTY: true });
    let shown = '';
    const program = accountsProgram({
      openDatabase: () => openDatabase(url, migrations),
      input: terminal,
      print: () => undefined,
      say: (words) => {
        shown += words;
      },
    });
    const command = 'create types@example.org --preset customer --tenant south';
    const done = program.parseAsync(command.split(' '), { from: 'user' }).then(
      () => undefined,
      (error: Error) => error.message,
    );
    for (const [at, answer] of answers.entries()) {
      await until('it is asked', () => shown.split(': ').length === at + 2);
      terminal.write(answer);
    }
    const why = await done;
    return { shown, made: why === undefined, ...(why !== undefined && { why }) };
  }
  beforeAll(() => run('create-tenant south'));

  test('is not shown, and wanted twice', async () => {
    expect(await typed(`${PASSWORD}\r`, 'another password\r')).toEqual({
      shown: 'Password: \nOnce more: \n',
      made: false,
      why: 'These were two different passwords. Nothing was changed.',
    });
    expect(await typed('abc\u0003')).toMatchObject({ made: false, why: 'Cancelled. Nothing was changed.' });
    // A key for what was typed wrong takes it back.
    const { shown, made } = await typed(`${PASSWORD}x\u007f\r`, `${PASSWORD}\r`);
    expect([shown, made]).toEqual(['Password: \nOnce more: \n', true]);
    expect((await logIn('types@example.org', PASSWORD, 'south')).status).toBe(200);
  });
});

test('staff of a database from before there were scopes are owners, and operators may do everything', async () => {
  const older = testDatabaseUrl(folder.file('unscoped.db'));
  const database = await openDatabase(older, migrations.slice(0, 3));
  const insert = statement(
    `INSERT INTO accounts (tenant_id, account_id, email, password_hash, role, created_at)
     VALUES ('default', $1, $1, 'none', $1, '2026-01-02T00:00:00.000Z')`,
  );
  await database.transaction(
    async (sql) => {
      for (const role of ['customer', 'staff', 'operator']) await sql.run(insert, role);
    },
    ['default'],
  );
  await database.close();
  const now = await openDatabase(older, migrations);
  try {
    const read = await now
      .of('default')
      .read(statement('SELECT email, role, scopes FROM accounts ORDER BY email'));
    expect(read).toEqual([
      { email: 'customer', role: 'customer', scopes: CUSTOMER_SCOPES.join(' ') },
      { email: 'operator', role: 'staff', scopes: PRESETS.operator.join(' ') },
      { email: 'staff', role: 'staff', scopes: PRESETS.owner.join(' ') },
    ]);
  } finally {
    await now.close();
  }
});

test('a database from before there were tenants has those of its accounts', async () => {
  const older = testDatabaseUrl(folder.file('older.db'));
  const database = await openDatabase(older, migrations.slice(0, 1));
  const insert = statement(
    `INSERT INTO accounts (tenant_id, account_id, email, password_hash, role, created_at)
     VALUES ($1, $2, 'a@example.org', 'none', 'customer', '2026-01-02T00:00:00.000Z')`,
  );
  const accountId = '0190a000-0000-7000-8000-000000000009';
  await database.transaction((sql) => sql.run(insert, 'west', accountId), ['west']);
  await database.close();
  const now = await openDatabase(older, migrations);
  try {
    const tenants = await now.acrossTenants.read(
      statement('SELECT tenant_id FROM tenants ORDER BY tenant_id'),
    );
    expect(tenants).toEqual([{ tenant_id: 'default' }, { tenant_id: 'west' }]);
    expect(await new Accounts(now).grantedTo('west', accountId)).toMatchObject({ scopes: CUSTOMER_SCOPES });
  } finally {
    await now.close();
  }
});
