import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { HttpServer } from '@comanda/test-kit';

const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const now = (): number => Math.floor(Date.now() / 1000);

/** How Node signs what the algorithms of RFC 7518 and RFC 8037 say. */
const SIGNS: Readonly<Record<string, (content: string, key: KeyObject) => Buffer>> = {
  RS256: (content, key) => sign('sha256', Buffer.from(content), key),
  ES256: (content, key) => sign('sha256', Buffer.from(content), { key, dsaEncoding: 'ieee-p1363' }),
  EdDSA: (content, key) => sign(null, Buffer.from(content), key),
};
const MADE: Readonly<Record<string, () => { publicKey: KeyObject; privateKey: KeyObject }>> = {
  RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  EdDSA: () => generateKeyPairSync('ed25519'),
};

interface Key {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** Another issuer of tokens, on this machine: with Node's own cryptography, and with whatever lies a test wants. */
export class Issuer {
  readonly name = 'https://issuer.example/';
  readonly audience = 'https://comanda.example/api';
  /** How often its keys were asked for. */
  asked = 0;
  /** What it answers instead of its keys. */
  instead: RequestListener | undefined;
  #keys: Key[] = [];
  #server: HttpServer | undefined;

  static async start(): Promise<Issuer> {
    const issuer = new Issuer();
    issuer.#server = await HttpServer.start((request, response) => {
      issuer.asked += 1;
      if (issuer.instead) issuer.instead(request, response);
      else response.setHeader('content-type', 'application/json').end(issuer.keySet);
    });
    return issuer;
  }

  get jwksUrl(): string {
    return `${this.#server?.url}/keys`;
  }

  get keySet(): string {
    return JSON.stringify({
      keys: this.#keys.map(({ kid, alg, publicKey }) => ({
        ...publicKey.export({ format: 'jwk' }),
        ...{ kid, alg, use: 'sig' },
      })),
    });
  }

  /** Makes a key; it is published until it is withdrawn. */
  newKey(kid: string, alg = 'RS256'): Key {
    const pair = MADE[alg]?.();
    if (!pair) throw new Error(`nobody here signs by ${alg}`);
    const key = { kid, alg, ...pair };
    this.#keys.push(key);
    return key;
  }

  withdraw(kid: string): void {
    this.#keys = this.#keys.filter((key) => key.kid !== kid);
  }

  /** A token that it has signed; claims and header may say otherwise, and `undefined` leaves one out. */
  token(key: Key, claims: object = {}, header: object = {}): string {
    const content = this.#content(key, claims, header);
    return `${content}.${SIGNS[key.alg]?.(content, key.privateKey).toString('base64url')}`;
  }

  /** One that takes the published key for a secret that both sides know. */
  tokenByPublicKey(key: Key, claims: object = {}, header: object = {}): string {
    const content = this.#content(key, claims, { alg: 'HS256', ...header });
    const pem = key.publicKey.export({ format: 'pem', type: 'spki' });
    return `${content}.${createHmac('sha256', pem).update(content).digest('base64url')}`;
  }

  unsigned(key: Key): string {
    return `${this.#content(key, {}, { alg: 'none' })}.`;
  }

  #content({ kid, alg }: Key, claims: object, header: object): string {
    return [
      { alg, kid, typ: 'at+jwt', ...header },
      { iss: this.name, aud: this.audience, sub: 'user|4711', iat: now(), exp: now() + 3 * 3600, ...claims },
    ]
      .map(encoded)
      .join('.');
  }

  async stop(): Promise<void> {
    await this.#server?.stop();
  }
}
