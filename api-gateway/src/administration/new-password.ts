import { randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline';
import { type Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { NewPassword } from '../accounts/credentials.js';
import { Refused } from './refused.js';

/** 144 random bits. */
export const generatedPassword = (): string => randomBytes(18).toString('base64url');

/** Standard input: a person types, or another program writes. */
export type Input = Readable & { readonly isTTY?: boolean };

/**
 * Reads a new password: typed twice and not shown, or all that comes through a pipe, without the end of its line. It is
 * never an argument, because the list of processes and the shell's history show those. Throws `Refused`.
 *
 * @param say shows the questions, apart from what the command prints
 */
export async function readPassword(input: Input, say: (words: string) => void): Promise<string> {
  const password = input.isTTY ? await typedTwice(input, say) : (await text(input)).replace(/\r?\n$/, '');
  const parsed = NewPassword.safeParse(password);
  if (parsed.success) return parsed.data;
  throw new Refused(
    `The password ${parsed.error.issues[0]?.message ?? 'is not valid'}. Nothing was changed.`,
  );
}

async function typedTwice(input: Input, say: (words: string) => void): Promise<string> {
  // readline takes the terminal's own echo away, and would write what is typed itself: nobody reads that.
  const unseen = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input, output: unseen, terminal: true });
  const cancelled = new Promise<never>((_, reject) => {
    lines.on('SIGINT', () => reject(new Refused('Cancelled. Nothing was changed.')));
    lines.on('close', () => reject(new Refused('No password was typed. Nothing was changed.')));
  });
  const typed = async (question: string): Promise<string> => {
    say(question);
    const answer = await Promise.race([
      new Promise<string>((resolve) => lines.question('', resolve)),
      cancelled,
    ]);
    say('\n');
    return answer;
  };
  try {
    const first = await typed('Password: ');
    if ((await typed('Once more: ')) === first) return first;
    throw new Refused('These were two different passwords. Nothing was changed.');
  } finally {
    cancelled.catch(() => undefined); // closing counts as one
    lines.close();
  }
}
