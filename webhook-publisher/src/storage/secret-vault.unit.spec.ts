import { randomBytes } from 'node:crypto';
import { sealFor } from '@comanda/kit';
import { describe, expect, test } from '@jest/globals';
import { SealBroken, SealedAtRest, SecretVault } from './secret-vault.js';

const OLD = { id: 'old', key: 'the old key of the vault, long enough' };
const NEW = { id: 'new', key: 'the new key of the vault, long enough' };
const row = { tenantId: 'default', subscriptionId: 's-1' };
const TEXT = 'whsec_c2VjcmV0';
const stored = (text: string) => SealedAtRest.parse(text);
const seal = (vault: SecretVault, of = row) => vault.seal(TEXT, of, randomBytes(32));

describe('the vault', () => {
  const before = new SecretVault(OLD);
  const during = new SecretVault(NEW, OLD);
  const after = new SecretVault(NEW);

  test('seals with the first key and opens with all', () => {
    expect(seal(during)).toMatch(/^new:[A-Za-z0-9+/]+=*$/);
    expect(during.open(seal(before), row)).toBe(TEXT);
    expect(during.open(seal(during), row)).toBe(TEXT);
    expect(after.open(seal(during), row)).toBe(TEXT);
  });

  test('does not open under a key that is not there: it names the id and the setting, never the value', () => {
    const open = () => after.open(seal(before), row);
    expect(open).toThrow(SealBroken);
    expect(open).toThrow('the key "old" sealed it, and WEBHOOK_ENCRYPTION_KEYS has no key of this id');
    for (const otherwise of ['', 'c2VhbGVk', ':c2VhbGVk'])
      expect(() => after.open(stored(otherwise), row)).toThrow(SealBroken);
  });

  test('does not open another key of the same id, a value of another row, or one that was changed', () => {
    const sealed = seal(before);
    const swapped = new SecretVault({ id: 'old', key: NEW.key });
    expect(() => swapped.open(sealed, row)).toThrow('another key had this id');
    for (const other of [
      { ...row, subscriptionId: 's-2' },
      { ...row, tenantId: 'other' },
      { tenantId: 'default","s', subscriptionId: '-1' },
    ])
      expect(() => before.open(sealed, other)).toThrow('belongs to another row');
    expect(() => before.open(stored(`old:${sealed.slice(4).split('').reverse().join('')}`), row)).toThrow(
      SealBroken,
    );
    // Nor does it take the same key under another id.
    const twice = new SecretVault(OLD, { id: 'copy', key: OLD.key });
    expect(() => twice.open(stored(sealed.replace('old:', 'copy:')), row)).toThrow(SealBroken);
  });

  test('seals anew what another key sealed, once', () => {
    const resealed = during.reseal(seal(before), row, randomBytes(32));
    if (resealed === undefined) throw new Error('it was left alone');
    expect(after.open(resealed, row)).toBe(TEXT);
    expect(during.reseal(resealed, row, randomBytes(32))).toBeUndefined();
    expect(() => after.reseal(seal(before), row, randomBytes(32))).toThrow(SealBroken);
  });

  test('opens what was sealed for any of its keys on the way, about the right thing', () => {
    const sent = sealFor(before.publicKey, TEXT, 'about', randomBytes(32));
    expect(during.receive(sent, 'about')).toBe(TEXT);
    expect(during.publicKey).not.toBe(before.publicKey);
    expect(() => during.receive(sent, 'another')).toThrow(SealBroken);
    expect(() => after.receive(sent, 'about')).toThrow('WEBHOOK_ENCRYPTION_KEYS does not have');
  });

  test('finds in a text what was sealed on its way for another key than the first', () => {
    const textWith = (vault: SecretVault) =>
      JSON.stringify({ data: { sealed: sealFor(vault.publicKey, TEXT, 'about', randomBytes(32)) } });
    expect(during.holdsOutdated(textWith(before))).toBe(true);
    expect(during.holdsOutdated(textWith(during))).toBe(false);
    expect(before.holdsOutdated(textWith(before))).toBe(false);
    expect(during.holdsOutdated(JSON.stringify({ about: before.publicKey }))).toBe(false);
  });
});
