import { z } from 'zod';

/** What somebody in a chat asks the bot for. */
export const ChatCommand = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('help') }),
  /** `id` as it was written; empty when there is none. */
  z.object({ kind: z.literal('order'), id: z.string() }),
  /** A part of a SKU or of a name; empty for all products. */
  z.object({ kind: z.literal('stock'), word: z.string() }),
]);
export type ChatCommand = z.output<typeof ChatCommand>;

/** `/stock@our_bot tea`: in a group a command may name its bot, and Telegram brings us those of our bot. */
const COMMAND = /^\/([a-z]+)(?:@\w+)?(?:\s+(.*))?$/is;

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
    default:
      return undefined;
  }
}
