import { Id } from '@comanda/contracts';
import { z } from 'zod';
import { named } from '../description/named.js';
import type { Refreshed } from './sessions.js';

/** What a log-in answers, and a refresh. */
export const AccessToken = named(
  'AccessToken',
  z.object({
    accessToken: z.string(),
    tokenType: z.literal('Bearer'),
    expiresIn: z.number().int().describe('Seconds'),
    sessionId: Id.optional().describe('Of the session that the token belongs to'),
    sessionExpiresAt: z.string().optional().describe('When it is over unless it is refreshed before'),
    refreshToken: z
      .string()
      .optional()
      .describe('Good once, for the next access token; not there when it is in the cookie'),
  }),
  {
    accessToken: 'eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIwMTkyIn0.c2ln',
    tokenType: 'Bearer',
    expiresIn: 600,
    sessionId: '1f7d2c9e-5b1a-8e64-9d3f-6a0b4c8e2d10',
    sessionExpiresAt: '2026-02-07T12:00:00.000Z',
    refreshToken: 'cmd_refresh_default.the-half-that-stays.the-half-that-changes',
  },
);
export type AccessToken = z.infer<typeof AccessToken>;

/** @param refreshToken left out when it goes into the cookie */
export const sessionAnswer = (
  token: { readonly accessToken: string; readonly expiresIn: number },
  { sessionId, expiresAt }: Refreshed,
  refreshToken: string | undefined,
): AccessToken => ({
  ...token,
  tokenType: 'Bearer',
  sessionId,
  sessionExpiresAt: expiresAt,
  ...(refreshToken !== undefined && { refreshToken }),
});
