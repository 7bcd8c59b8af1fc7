import type { Content } from './content.js';

const DAY_MS = 24 * 3_600_000;

/** Why a letter is not put back. `TOO_OLD` can be overruled by who knows that the message never took effect. */
export interface Obstacle {
  readonly code: 'TOO_OLD' | 'EXPIRED';
  readonly detail: string;
}

export interface ReplayRules {
  readonly now: Date;
  readonly replayDays: number;
}

export function obstacleTo(
  diedAt: string | undefined,
  { expirytime }: Pick<Content, 'expirytime'>,
  { now, replayDays }: ReplayRules,
): Obstacle | undefined {
  if (expirytime !== undefined && expirytime < now.toISOString())
    return {
      code: 'EXPIRED',
      detail: `Whoever sent it waited for an answer until ${expirytime}; the service would not carry it out any more. Make the request again, and discard this.`,
    };
  if (diedAt !== undefined && now.getTime() - Date.parse(diedAt) <= replayDays * DAY_MS) return undefined;
  const death = diedAt === undefined ? 'When it died is not known' : `It died at ${diedAt}`;
  return {
    code: 'TOO_OLD',
    detail: `${death}, and what died more than ${replayDays} days ago is not put back: a service forgets after a while which messages took effect, and could not tell a second copy from a new message.`,
  };
}
