import { z } from 'zod';

/** What somebody in a chat asks the bot for. */
export const ChatCommand = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('help') }),
  /** `id` as it was written; empty when there is none. */
  z.object({ kind: z.literal('order'), id: z.string() }),
  /** A part of a SKU or of a name; empty for all products. */
  z.object({ kind: z.literal('stock'), word: z.string() }),
  /** `minutes` is absent when what was written is no time that may be. */
  z.object({ kind: z.literal('mute'), minutes: z.int().min(1).optional() }),
  z.object({ kind: z.literal('unmute') }),
]);
export type ChatCommand = z.output<typeof ChatCommand>;

/** `/stock@our_bot tea`: in a group a command may name its bot, and Telegram brings us those of our bot. */
const COMMAND = /^\/([a-z]+)(?:@\w+)?(?:\s+(.*))?$/is;

const MUTE_MINUTES = { standard: 60, most: 7 * 24 * 60 };

function minutesIn(text: string): number | undefined {
  if (text === '') return MUTE_MINUTES.standard;
  const minutes = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return minutes >= 1 && minutes <= MUTE_MINUTES.most ? minutes : undefined;
}

/** What a message asks for; `undefined` when it is none of our commands. */
export function chatCommandIn(text: string): ChatCommand | undefined {
  const [, name = '', rest = ''] = COMMAND.exec(text.trim()) ?? [];
  const argument = rest.trim();
  switch (name.toLowerCase()) {
    case 'start':
    case 'help':
      return { kind: 'help' };
    case 'order':
      return { kind: 'order', id: argument };
    case 'stock':
      return { kind: 'stock', word: argument };
    case 'mute': {
      const minutes = minutesIn(argument);
      return { kind: 'mute', ...(minutes !== undefined && { minutes }) };
    }
    case 'unmute':
      return { kind: 'unmute' };
    default:
      return undefined;
  }
}
