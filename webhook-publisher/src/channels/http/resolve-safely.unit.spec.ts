import { expect, test } from '@jest/globals';
import { type LookupAll, type Resolution, resolveSafely } from './resolve-safely.js';

function resolve(host: string, addresses: readonly string[], allowPrivateHosts = false): Promise<Resolution> {
  const lookup: LookupAll = (_name, _options, callback) =>
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  return new Promise((done) => resolveSafely(host, { allowPrivateHosts, lookup }, done));
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

test('a name with unsafe addresses alone is refused, and says why', async () => {
  expect(await resolve('evil.example.com', ['127.0.0.1', '10.0.0.1', '10.0.0.2'])).toMatchObject({
    kind: 'unsafe',
    error: { message: 'evil.example.com is refused: loopback address, private address' },
  });
});

test('a name without addresses is not resolved', async () => {
  expect(await resolve('empty.example.com', [])).toMatchObject({
    kind: 'unresolved',
    error: { code: 'ENOTFOUND' },
  });
});

test('all addresses pass where private hosts are allowed', async () => {
  const resolution = await resolve('mixed.example.com', mixed, true);
  expect(resolution.kind === 'safe' && resolution.addresses.map(({ address }) => address)).toEqual(mixed);
});
