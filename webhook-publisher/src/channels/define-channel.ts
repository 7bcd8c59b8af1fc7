import type { z } from 'zod';
import type { AttemptResult } from '../domain/attempt-result.js';
import type { Channel, ChannelDependencies, SettingsOf, TargetCheck } from './channel.js';

/** What a channel says of itself; `index.ts` lists every channel. */
export interface ChannelDefinition<Shape extends z.ZodRawShape = z.ZodRawShape> {
  /** The environment variables that it reads. `.env.example` explains each in its own words. */
  readonly settings: Shape;
  /**
   * Those without which it can't send. Without all of them it is not configured, and nobody can subscribe by it; with
   * some of them the service does not start.
   */
  readonly needs: readonly string[];
  readonly open: (settings: SettingsOf<Shape>, dependencies: ChannelDependencies) => Channel;
}

type Needed<Settings, Names extends PropertyKey> = Settings & {
  readonly [Name in Names & keyof Settings]-?: NonNullable<Settings[Name]>;
};

/** @param make gets the settings that it needs, each of them set */
export function defineChannel<Shape extends z.ZodRawShape, const Names extends keyof Shape & string = never>(
  channel: { readonly settings: Shape; readonly needs: readonly Names[] },
  make: (settings: Needed<SettingsOf<Shape>, Names>, dependencies: ChannelDependencies) => Channel,
): ChannelDefinition<Shape> {
  const { settings, needs } = channel;
  const isComplete = (given: SettingsOf<Shape>): given is Needed<SettingsOf<Shape>, Names> =>
    missing(needs, given).length === 0;
  return {
    settings,
    needs,
    open: (given, dependencies) =>
      isComplete(given) ? make(given, dependencies) : new UnconfiguredChannel(missing(needs, given)),
  };
}

/** Which of these settings are not set. */
export const missing = (needs: readonly string[], settings: Readonly<Record<string, unknown>>): string[] =>
  needs.filter((name) => settings[name] === undefined);

/** In the place of a channel that the operator has not set up. */
class UnconfiguredChannel implements Channel {
  readonly #why: string;

  constructor(missing: readonly string[]) {
    this.#why = `${missing.join(' and ')} ${missing.length > 1 ? 'are' : 'is'} not set`;
  }

  async checkTarget(): Promise<TargetCheck> {
    const reason = `can't be sent to: the operator has not configured this channel (${this.#why})`;
    return { kind: 'refused', code: 'CHANNEL_NOT_CONFIGURED', reason };
  }

  /** For subscriptions of a time when it was configured: it may be so again before their schedule is used up. */
  async send(): Promise<AttemptResult> {
    return { kind: 'failure', reason: 'not-configured', detail: this.#why, durationMs: 0 };
  }
}
