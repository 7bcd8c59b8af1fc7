import { randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { getPublicKeyAsync, signAsync } from '@noble/ed25519';
import fc from 'fast-check';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import { newPrivateKey, publicKeyOf, signWith } from './key-pair.js';
import {
  newSharedSecret,
  parseSecret,
  parseSigningSecret,
  type SigningSecret,
  sign,
  signedHeaders,
} from './signature.js';

function secretOf(text: string): SigningSecret {
  const parsed = parseSigningSecret(text);
  if (parsed.kind === 'malformed') throw new Error(parsed.reason);
  return parsed.secret;
}

describe('signing a webhook', () => {
  test('gives the signature of the published check vector', () => {
    const message = {
      id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      timestamp: 1614265330,
      body: '{"test": 2432232314}',
    };
    expect(sign(message, [secretOf('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw')])).toBe(
      'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    );
  });

  test('gives the signature of the check vector of Svix for v1a', () => {
    const message = {
      id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      timestamp: 1614265330,
      body: '{"test": 2432232314}',
    };
    const key =
      'whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==';
    expect(sign(message, [secretOf(key)])).toBe(
      'v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==',
    );
  });

  test('with a private key gives what another library gives, whatever the key and the content', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.string({ unit: 'binary' }),
        async (seed, content) => {
          const key = newPrivateKey(seed);
          const [publicKey, signature] = [
            await getPublicKeyAsync(seed),
            await signAsync(new TextEncoder().encode(content), seed),
          ];
          expect(publicKeyOf(key)).toBe(`whpk_${Buffer.from(publicKey).toString('base64')}`);
          expect(signWith(key, content)).toBe(Buffer.from(signature).toString('base64'));
        },
      ),
      { numRuns: 20 },
    );
  });

  test.each([
    ['standardwebhooks', StandardWebhook],
    ['svix', SvixWebhook],
  ])('is accepted by the package %s, whatever the body, and only with that body', (_name, Webhook) => {
    fc.assert(
      fc.property(fc.uuid(), fc.json(), (id, body) => {
        const secret = newSharedSecret(randomBytes(32));
        const headers = signedHeaders({ id, body }, [secret], Date.now());
        const receiver = new Webhook(secret);
        expect(() => receiver.verify(body, headers)).not.toThrow();
        expect(() => receiver.verify(`${body} `, headers)).toThrow();
      }),
    );
  });

  test('carries one signature for each live secret, and a receiver with any of them accepts', () => {
    const secrets = [newSharedSecret(randomBytes(32)), newSharedSecret(randomBytes(32))];
    const body = '{"name":"café ☕"}';
    const headers = signedHeaders({ id: 'evt-1', body }, secrets, Date.now());
    expect(headers['webhook-signature'].split(' ')).toHaveLength(2);
    for (const secret of secrets)
      expect(() => new StandardWebhook(secret).verify(body, headers)).not.toThrow();
    const stranger = new StandardWebhook(newSharedSecret(randomBytes(32)));
    expect(() => stranger.verify(body, headers)).toThrow();
  });

  test('carries signatures of both kinds while a rotation goes from one to the other', () => {
    const [old, key] = [newSharedSecret(randomBytes(32)), newPrivateKey(randomBytes(32))];
    const headers = signedHeaders({ id: 'evt-1', body: '{}' }, [key, old], Date.now());
    const content = `evt-1.${headers['webhook-timestamp']}.{}`;
    const [first, second] = headers['webhook-signature'].split(' ');
    expect(first).toBe(`v1a,${signWith(key, content)}`);
    expect(second).toMatch(/^v1,/);
    // Its library passes over the version that it does not know.
    expect(() => new StandardWebhook(old).verify('{}', headers)).not.toThrow();
  });

  test('is refused by a receiver when one byte of the body is changed', () => {
    const secret = newSharedSecret(randomBytes(32));
    const headers = signedHeaders({ id: 'evt-1', body: '{"amount":100}' }, [secret], Date.now());
    expect(() => new StandardWebhook(secret).verify('{"amount":900}', headers)).toThrow();
  });

  test('states the time of the attempt in whole seconds', () => {
    const headers = signedHeaders(
      { id: 'evt-1', body: '{}' },
      [newSharedSecret(randomBytes(32))],
      1_700_000_000_999,
    );
    expect(headers['webhook-timestamp']).toBe('1700000000');
  });

  test('never happens without a secret, or with an id that could be read in two ways', () => {
    const message = { id: 'evt-1', timestamp: 1, body: '{}' };
    expect(() => sign(message, [])).toThrow();
    expect(() => sign({ ...message, id: 'evt.1' }, [newSharedSecret(randomBytes(32))])).toThrow();
    expect(() => sign({ ...message, timestamp: 1.5 }, [newSharedSecret(randomBytes(32))])).toThrow();
  });
});

describe('a secret', () => {
  test('is 32 random bytes after the prefix when we make it', () => {
    const secret = newSharedSecret(new Uint8Array(32).fill(7));
    expect(secret).toBe(`whsec_${Buffer.alloc(32, 7).toString('base64')}`);
    expect(parseSecret(secret)).toEqual({ kind: 'secret', secret });
  });

  test('of a random source that gives too little is not used', () => {
    expect(() => newSharedSecret(new Uint8Array(8))).toThrow();
  });

  test.each([
    ['no prefix', Buffer.alloc(32).toString('base64')],
    ['too short', `whsec_${Buffer.alloc(23).toString('base64')}`],
    ['too long', `whsec_${Buffer.alloc(65).toString('base64')}`],
    ['not base64', `whsec_${'*'.repeat(44)}`],
    ['base64 for URLs', `whsec_${Buffer.alloc(32, 0xff).toString('base64url')}`],
    ['empty', ''],
    ['a private key', newPrivateKey(new Uint8Array(32))],
  ])('of a client is refused: %s', (_why, text) => {
    expect(parseSecret(text).kind).toBe('malformed');
  });

  test.each([24, 32, 64])('of a client may have %i bytes', (size) => {
    expect(parseSecret(`whsec_${randomBytes(size).toString('base64')}`).kind).toBe('secret');
  });
});

describe('a private key', () => {
  const key = newPrivateKey(new Uint8Array(32).fill(7));

  test('is 32 random bytes and its public key', () => {
    expect(Buffer.from(key.slice('whsk_'.length), 'base64').subarray(0, 32)).toEqual(Buffer.alloc(32, 7));
    expect(parseSigningSecret(key)).toEqual({ kind: 'secret', secret: key });
    expect(() => newPrivateKey(new Uint8Array(31))).toThrow();
  });

  test.each([key.slice(0, -4), key.replace('whsk_', 'whpk_'), `whsk_${Buffer.alloc(32).toString('base64')}`])(
    'is not %s',
    (text) => {
      expect(parseSigningSecret(text).kind).toBe('malformed');
    },
  );
});
