import { expect, test } from '@jest/globals';
import { LOOPBACK } from './address-rules.js';
import { type LookupAll, type Resolution, resolveSafely } from './resolve-safely.js';

function resolve(
  host: string,
  addresses: readonly string[],
  listed: typeof LOOPBACK = [],
): Promise<Resolution> {
  const lookup: LookupAll = (_name, _options, callback) =>
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  return new Promise((done) =>
    resolveSafely(host, { rules: { listed, publicToo: true, refusal: 'not allowed' }, lookup }, done),
  );
}

const mixed = ['127.0.0.1', '93.184.215.14', '64:ff9b::5db8:d70e', '2606:4700::1111'];

test('the unsafe ones among the addresses of a name are left out', async () => {
  expect(await resolve('mixed.example.com', mixed)).toEqual({
    kind: 'safe',
    addresses: [
      { address: '93.184.215.14', family: 4 },
      { address: '2606:4700::1111', family: 6 },
    ],
  });
});

test('a name with unsafe addresses alone is refused, and only the log is told why', async () => {
  expect(await resolve('evil.example.com', ['127.0.0.1', '10.0.0.1', '10.0.0.2'])).toMatchObject({
    kind: 'unsafe',
    error: { message: 'not allowed', reason: 'evil.example.com: loopback address, private address' },
  });
});

test('a name without addresses is not resolved', async () => {
  expect(await resolve('empty.example.com', [])).toMatchObject({
    kind: 'unresolved',
    error: { code: 'ENOTFOUND' },
  });
});

test('listed addresses pass, and no others', async () => {
  const resolution = await resolve('mixed.example.com', [...mixed, '10.0.0.1'], LOOPBACK);
  expect(resolution.kind === 'safe' && resolution.addresses.map(({ address }) => address)).toEqual([
    '127.0.0.1',
    '93.184.215.14',
    '2606:4700::1111',
  ]);
});
