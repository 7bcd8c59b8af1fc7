import { newId } from '@comanda/contracts';
import { beforeEach, expect, test } from '@jest/globals';
import type { Caller } from './caller.js';
import { OpenAccounts } from './open-accounts.js';

const ana: Caller = { tenantId: 'default', accountId: newId(), role: 'customer' };

let now: number;
let asked: string[];
let answer: () => Promise<boolean>;
let accounts: OpenAccounts;
beforeEach(() => {
  now = 1_000;
  asked = [];
  answer = async () => true;
  const isOpen = (tenantId: string, accountId: string) => {
    asked.push(`${tenantId}/${accountId}`);
    return answer();
  };
  accounts = new OpenAccounts(isOpen, () => now);
});

test('the database is asked for an account once in half a minute, however many requests come at once', async () => {
  const answers = await Promise.all(Array.from({ length: 50 }, () => accounts.has(ana)));
  expect(new Set(answers)).toEqual(new Set([true]));
  now += 29_999;
  await accounts.has(ana);
  expect(asked).toEqual([`default/${ana.accountId}`]);
  now += 1;
  await accounts.has(ana);
  expect(asked).toHaveLength(2);
});

test('an account that was closed meanwhile is known to be half a minute later, and stays so', async () => {
  expect(await accounts.has(ana)).toBe(true);
  answer = async () => false;
  now += 29_999;
  expect(await accounts.has(ana)).toBe(true);
  now += 1;
  expect([await accounts.has(ana), await accounts.has(ana)]).toEqual([false, false]);
  expect(asked).toHaveLength(2);
});

test('the same id in another tenant is another account', async () => {
  await accounts.has(ana);
  answer = async () => false;
  expect(await accounts.has({ ...ana, tenantId: 'north' })).toBe(false);
});

test('a question that failed is asked again', async () => {
  answer = () => Promise.reject(new Error('the database is out'));
  await expect(accounts.has(ana)).rejects.toThrow('is out');
  answer = async () => true;
  expect(await accounts.has(ana)).toBe(true);
});
