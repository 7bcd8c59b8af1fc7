import { Id } from '@comanda/contracts';
import { z } from 'zod';
import type { Refreshed } from './sessions.js';

export const AccessToken = z.object({
  accessToken: z.string(),
  tokenType: z.literal('Bearer'),
  expiresIn: z.number().int().describe('Seconds'),
});

/** What a log-in answers, and a refresh. */
export const SessionAnswer = AccessToken.extend({
  sessionId: Id.describe('Of the session that the token belongs to'),
  sessionExpiresAt: z.string().describe('When it is over unless it is refreshed before'),
  refreshToken: z
    .string()
    .optional()
    .describe('Good once, for a new access token; not there when it is in the cookie'),
});
export type SessionAnswer = z.infer<typeof SessionAnswer>;

/** @param refreshToken left out when it goes into the cookie */
export const sessionAnswer = (
  token: { readonly accessToken: string; readonly expiresIn: number },
  { sessionId, expiresAt }: Refreshed,
  refreshToken: string | undefined,
): SessionAnswer => ({
  ...token,
  tokenType: 'Bearer',
  sessionId,
  sessionExpiresAt: expiresAt,
  ...(refreshToken !== undefined && { refreshToken }),
});
