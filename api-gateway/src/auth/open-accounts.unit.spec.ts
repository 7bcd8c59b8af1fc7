import { newId } from '@comanda/contracts';
import { beforeEach, expect, test } from '@jest/globals';
import type { Caller } from './caller.js';
import { type Granted, OpenAccounts } from './open-accounts.js';
import { CUSTOMER_SCOPES } from './scopes.js';

const ana: Caller = { tenantId: 'default', accountId: newId(), role: 'customer', scopes: CUSTOMER_SCOPES };

const granted: Granted = { scopes: CUSTOMER_SCOPES };

let now: number;
let asked: string[];
let answer: () => Promise<Granted | undefined>;
let accounts: OpenAccounts;
beforeEach(() => {
  now = 1_000;
  asked = [];
  answer = async () => granted;
  const grantedTo = ({ tenantId, accountId }: { tenantId: string; accountId: string }) => {
    asked.push(`${tenantId}/${accountId}`);
    return answer();
  };
  accounts = new OpenAccounts(grantedTo, () => now);
});

test('the database is asked for an account once in half a minute, however many requests come at once', async () => {
  const answers = await Promise.all(Array.from({ length: 50 }, () => accounts.granted(ana)));
  expect(answers).toEqual(Array.from({ length: 50 }, () => ({ ...granted, until: 31_000 })));
  now += 29_999;
  await accounts.granted(ana);
  expect(asked).toEqual([`default/${ana.accountId}`]);
  now += 1;
  await accounts.granted(ana);
  expect(asked).toHaveLength(2);
});

test('an account that was closed meanwhile is known to be half a minute later, and stays so', async () => {
  expect(await accounts.granted(ana)).toEqual({ ...granted, until: 31_000 });
  answer = async () => undefined;
  now += 29_999;
  expect(await accounts.granted(ana)).toEqual({ ...granted, until: 31_000 });
  now += 1;
  expect([await accounts.granted(ana), await accounts.granted(ana)]).toEqual([undefined, undefined]);
  expect(asked).toHaveLength(2);
});

test('the same id in another tenant is another account', async () => {
  await accounts.granted(ana);
  answer = async () => undefined;
  expect(await accounts.granted({ ...ana, tenantId: 'north' })).toBe(undefined);
});

test('a question that failed is asked again', async () => {
  answer = () => Promise.reject(new Error('the database is out'));
  await expect(accounts.granted(ana)).rejects.toThrow('is out');
  answer = async () => granted;
  expect(await accounts.granted(ana)).toEqual({ ...granted, until: 31_000 });
});
