import type { Language, Signature } from '@comanda/contracts';
import type { Context } from '@comanda/messaging';
import type { z } from 'zod';
import type { AttemptResult } from '../domain/attempt-result.js';
import type { SealedAtRest, SealedRow, SecretVault } from '../storage/secret-vault.js';
import type { SafeHttpClientOptions } from './http/safe-http-client.js';
import type { Message } from './messages/message.js';

/**
 * One way to reach subscribers. It hides what differs between a signed webhook and a Telegram message. When to send,
 * how often and to whom is the same for all channels (`domain/delivery-outcome.ts`, `work/deliver.ts`).
 */
export interface Channel {
  /**
   * Whether a subscription may have this target; may ask DNS. A channel that can be abused checks again when it sends.
   */
  checkTarget(target: string): Promise<TargetCheck>;
  /**
   * The signing secrets of a new subscription; a channel that does not sign has no such method. It runs inside a
   * decision, so it draws its randomness from there.
   */
  newSecrets?(wanted: SecretsToMake, chance: Pick<Context, 'newSecret'>): NewSecrets;
  /**
   * Another secret of the same kind, beside which the present one signs for a while. It runs inside a decision, too.
   * Throws `SealBroken` when the present ones can't be opened.
   */
  rotateSecrets?(wanted: SecretsToRotate, chance: Pick<Context, 'newSecret'>): RotatedSecrets;
  /** Other custom headers beside the same secrets; only a channel that makes requests to its targets has such a method. */
  changeHeaders?(wanted: HeadersToChange, chance: Pick<Context, 'newSecret'>): ChangedHeaders;
  /** For which key a secret is sealed that a client brings; a channel that does not sign has none. */
  readonly sealFor?: string;
  /** Where an attempt at this target goes, as `host:port`; a channel that always calls the same service has no such method. */
  hostOf?(target: string): string | undefined;
  /**
   * When the next attempt at this target may be made, in milliseconds since the epoch; only a channel with rate limits
   * of its own has such a method. One attempt at a time is made there.
   */
  freeAt?(target: string): number;
  /**
   * Makes one attempt and never retries. Whatever the peer or the network does is a result; only our own bugs throw.
   */
  send(attempt: Attempt): Promise<AttemptResult>;
  /**
   * Says something that no event has brought about, the answer to a command; only a channel that takes commands has such a
   * method. Once, like `send`.
   */
  say?(target: string, message: Message): Promise<AttemptResult>;
  /** How what is due at the same time is told in one message; a channel that sends each event by itself has no such part. */
  readonly folding?: Folding;
}

export interface Folding {
  /** So many events may go in one message. */
  readonly most: number;
  /** As `Channel.send`, for events on their way to one subscriber, the longest due first: all arrive or none. */
  send(attempts: readonly [Attempt, ...Attempt[]]): Promise<AttemptResult>;
}

export type TargetCheck =
  | { readonly kind: 'allowed' }
  | {
      readonly kind: 'refused';
      /** For the client, like `reason`. */
      readonly code: 'BAD_TARGET' | 'CHANNEL_NOT_CONFIGURED' | 'UNSAFE_TARGET';
      readonly reason: string;
      /** More, for the log alone: it may tell about our own network. */
      readonly cause?: string;
    };

export interface SecretsToMake {
  /** The new subscription. */
  readonly row: SealedRow;
  readonly signature: Signature;
  /** The secret that the client brought along, sealed for `Channel.sealFor`. */
  readonly brought: string | undefined;
  /** Custom headers, sealed in the same way. */
  readonly headers: string | undefined;
  /** For whom the answer is sealed. */
  readonly answerKey: string;
}

export type NewSecrets =
  /**
   * `stored` is the value of the row; `publicKey` is what receivers verify with where nobody else has what signs; `answer`
   * has the secret that they verify with otherwise, for the one who asked.
   */
  | ({ readonly kind: 'secrets'; readonly stored: SealedAtRest; readonly headerNames: string[] | null } & (
      | { readonly publicKey: string; readonly answer?: never }
      | { readonly publicKey?: never; readonly answer: string }
    ))
  | { readonly kind: 'refused'; readonly about: 'secret' | 'headers'; readonly reason: string };

export interface SecretsToRotate {
  readonly row: SealedRow;
  /** As they are stored. */
  readonly secrets: SealedAtRest;
  /** The same when it is asked for again. */
  readonly rotationId: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** For whom the answer is sealed. */
  readonly answerKey: string;
}

export type RotatedSecrets =
  | NewSecrets
  /** It was done before; its secret is not shown again. */
  | { readonly kind: 'repeated' }
  /** As many sign as may; when one of them ends, in milliseconds since the epoch. */
  | { readonly kind: 'too-many'; readonly until: number };

export interface HeadersToChange {
  readonly row: SealedRow;
  /** As they are stored. */
  readonly secrets: SealedAtRest;
  /** Sealed for `Channel.sealFor`; `null` for none. */
  readonly headers: string | null;
}

export type ChangedHeaders =
  | { readonly kind: 'headers'; readonly stored: SealedAtRest; readonly headerNames: string[] | null }
  | Extract<NewSecrets, { kind: 'refused' }>;

/** One event on its way to one subscriber. */
export interface Attempt {
  /** The subscription that it is sent to. */
  readonly row: SealedRow;
  readonly target: string;
  readonly deliveryId: string;
  /** Of what people read. */
  readonly language: Language;
  /** What `newSecrets` gave to be stored; `null` for a channel that does not sign. */
  readonly secrets: SealedAtRest | null;
  readonly eventId: string;
  readonly type: string;
  /** Of the request that set the event off; `null` where that was not stored. */
  readonly correlationId: string | null;
  /** The stored JSON text, the same at every attempt. */
  readonly body: string;
}

/** What a channel may use besides its settings. */
export interface ChannelDependencies {
  readonly vault: SecretVault;
  readonly clock: () => Date;
  /** How names resolve and whom TLS trusts; left out, as the system has it. */
  readonly network?: Pick<SafeHttpClientOptions, 'lookup' | 'ca'>;
}

/** The settings that a channel reads: its own, and those that all channels share. */
export type SettingsOf<Shape extends z.ZodRawShape> = z.output<z.ZodObject<Shape>> & {
  readonly COMANDA_DEMO: boolean;
  /** For one attempt as a whole. */
  readonly WEBHOOK_TIMEOUT_MS: number;
};
