import { createHash, createHmac, randomBytes } from 'node:crypto';
import { derivedId } from '@comanda/contracts';

/**
 * What renews the access tokens of a session, and is itself replaced each time. To clients it is opaque; its prefix lets
 * scanners for secrets find it. The half that stays names the session, and only who has had one of its tokens knows it;
 * the half that changes says which of them is the last one.
 */
export interface RefreshToken {
  readonly tenantId: string;
  /** The same in all tokens of a session. */
  readonly family: string;
  /** Of this token alone. */
  readonly turn: string;
}

const PREFIX = 'cmd_refresh_';
const FORM = /^cmd_refresh_([a-z0-9][a-z0-9_-]{0,63})\.([\w-]{43})\.([\w-]{43})$/;

/** 256 random bits. */
const random = (): string => randomBytes(32).toString('base64url');

export const newRefreshToken = (tenantId: string): RefreshToken => ({
  tenantId,
  family: random(),
  turn: random(),
});

/** `undefined` for what is none of ours. */
export function refreshTokenOf(text: string): RefreshToken | undefined {
  const [, tenantId, family, turn] = FORM.exec(text) ?? [];
  return tenantId !== undefined && family !== undefined && turn !== undefined
    ? { tenantId, family, turn }
    : undefined;
}

export const textOf = ({ tenantId, family, turn }: RefreshToken): string =>
  `${PREFIX}${tenantId}.${family}.${turn}`;

/**
 * The token that follows. Under an Idempotency-Key it is always the same one, so that a client whose answer was lost
 * gets that answer again, and nobody who does not know the key does.
 */
export const successorOf = (token: RefreshToken, idempotencyKey: string | undefined): RefreshToken => ({
  ...token,
  turn:
    idempotencyKey === undefined
      ? random()
      : createHmac('sha256', token.turn).update(idempotencyKey).digest('base64url'),
});

/** A hash, so that it may be shown: it leads to no token. */
export const sessionIdOf = ({ family }: RefreshToken): string => derivedId('session', family);

/** What the database knows a token by. Of 256 random bits a fast hash is enough. */
export const hashOf = ({ turn }: RefreshToken): string =>
  createHash('sha256').update(turn).digest('base64url');
