/**
 * The Bot API's rate limits as a pure calculation: about one message a second in a chat, 20 a minute in a group, 30 a
 * second in all. Times are milliseconds since the epoch.
 *
 * @see https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this
 */
export interface ThrottleState {
  /** The messages of the last minute, oldest first. */
  readonly sent: readonly { readonly chatId: string; readonly at: number }[];
  /** Until when the API asked us to send nothing to a chat. */
  readonly holds: ReadonlyMap<string, number>;
}

export type SendPermission = { readonly kind: 'send' } | { readonly kind: 'wait'; readonly untilMs: number };

interface Limit {
  readonly messages: number;
  readonly windowMs: number;
}

const PER_CHAT: Limit = { messages: 1, windowMs: 1_000 };
const PER_GROUP: Limit = { messages: 20, windowMs: 60_000 };
const OVER_ALL: Limit = { messages: 30, windowMs: 1_000 };
const REMEMBERED_MS = PER_GROUP.windowMs;

export const UNUSED_THROTTLE: ThrottleState = { sent: [], holds: new Map() };

/** Whether this chat may get a message at `now`, and if not, when. It never waits itself: the caller reschedules. */
export function askToSend(state: ThrottleState, chatId: string, now: number): SendPermission {
  const all = state.sent.map(({ at }) => at);
  const toChat = state.sent.filter((message) => message.chatId === chatId).map(({ at }) => at);
  const untilMs = Math.max(
    state.holds.get(chatId) ?? 0,
    freeAt(all, OVER_ALL),
    freeAt(toChat, PER_CHAT),
    isGroup(chatId) ? freeAt(toChat, PER_GROUP) : 0,
  );
  return untilMs <= now ? { kind: 'send' } : { kind: 'wait', untilMs };
}

/** Counts a message that is being sent at `now`. */
export function recordSent(state: ThrottleState, chatId: string, now: number): ThrottleState {
  const recent = state.sent.filter(({ at }) => at > now - REMEMBERED_MS);
  return { ...state, sent: [...recent, { chatId, at: now }] };
}

/** Notes a 429: nothing is sent to the chat until `untilMs`, because asking earlier makes the wait longer. */
export function recordHold(
  state: ThrottleState,
  { chatId, untilMs, now }: { readonly chatId: string; readonly untilMs: number; readonly now: number },
): ThrottleState {
  const holds = new Map([...state.holds].filter(([, until]) => until > now));
  return { ...state, holds: holds.set(chatId, untilMs) };
}

/** When the oldest message that fills the window leaves it. */
function freeAt(times: readonly number[], { messages, windowMs }: Limit): number {
  const oldest = times.at(-messages);
  return oldest === undefined ? 0 : oldest + windowMs;
}

/** Groups and channels have negative ids; a public one may also be named with an `@`. */
function isGroup(chatId: string): boolean {
  return chatId.startsWith('-') || chatId.startsWith('@');
}
