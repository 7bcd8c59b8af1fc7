import type { components } from './generated/api.js';

/** Who calls. Without any, the API is asked as anyone may. */
export type Credentials =
  | { readonly email: string; readonly password: string; readonly tenant?: string }
  /** An access token that was got elsewhere; a function is asked before each request. */
  | { readonly token: string | (() => string | Promise<string>) }
  /** A session that was begun before; each refresh token is good once, and `keep` is told the next one. */
  | { readonly refreshToken: string; readonly keep?: (refreshToken: string) => void }
  | { readonly apiKey: string }
  | { readonly authorize: Authorize };

export type CredentialHeaders = Readonly<Record<string, string>>;

/**
 * Gives the headers that say who calls; it is asked before each request.
 *
 * @param refused those that the API has just answered with 401: others are tried once, the same ones are not
 */
export type Authorize = (refused?: CredentialHeaders) => CredentialHeaders | Promise<CredentialHeaders>;

type LogIn = components['schemas']['LogIn'];
type AccessToken = components['schemas']['AccessToken'];

/** A token is not used in its last seconds: it might expire on its way. */
const SPARE_SECONDS = 10;

/** How tokens are got. */
export interface TokenRequests {
  logIn(body: LogIn): Promise<AccessToken>;
  refresh(refreshToken: string): Promise<AccessToken>;
}

export function authorizing(credentials: Credentials | undefined, requests: TokenRequests): Authorize {
  if (credentials === undefined) return () => ({});
  if ('authorize' in credentials) return credentials.authorize;
  if ('apiKey' in credentials) return () => ({ 'x-api-key': credentials.apiKey });
  if ('email' in credentials) return withTokens(() => requests.logIn(credentials));
  if ('refreshToken' in credentials) {
    let { refreshToken } = credentials;
    return withTokens(async () => {
      const token = await requests.refresh(refreshToken);
      refreshToken = token.refreshToken ?? refreshToken;
      credentials.keep?.(refreshToken);
      return token;
    });
  }
  const { token } = credentials;
  return async () => bearer(typeof token === 'string' ? token : await token());
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

/** Asks for a token with the first request, and anew when it expires or is refused. Requests at once share one. */
function withTokens(ask: () => Promise<AccessToken>): Authorize {
  const begin = async () => {
    const { accessToken, expiresIn } = await ask();
    return { headers: bearer(accessToken), until: Date.now() + (expiresIn - SPARE_SECONDS) * 1000 };
  };
  let session: ReturnType<typeof begin> | undefined;
  const beginAnew = () => {
    const next = begin();
    session = next;
    next.catch(() => {
      if (session === next) session = undefined;
    });
    return next;
  };
  return async (refused) => {
    const known = session ?? beginAnew();
    const { headers, until } = await known;
    if (until > Date.now() && headers.authorization !== refused?.authorization) return headers;
    // Another request may have begun anew while this one waited.
    return (await (session === known ? beginAnew() : (session ?? beginAnew()))).headers;
  };
}
