import { describe, expect, jest, test } from '@jest/globals';
import type { Command, CommanderError } from 'commander';
import { comanda } from './program.js';

const everyCommand = (command: Command): Command[] => [command, ...command.commands.flatMap(everyCommand)];

/** What the program writes for a command line, and how it would end. */
async function answer(line: string): Promise<{ out: string; exitCode: number | undefined }> {
  const written: string[] = [];
  let exitCode: number | undefined;
  const program = comanda((error: CommanderError) => {
    exitCode = error.exitCode;
    throw error;
  });
  for (const command of everyCommand(program))
    command.configureOutput({
      writeOut: (text) => void written.push(text),
      writeErr: (text) => void written.push(text),
    });
  await program.parseAsync(line.split(' '), { from: 'user' }).catch((error: Error) => {
    if (error.name !== 'CommanderError') throw error;
  });
  return { out: written.join(''), exitCode };
}

describe('comanda', () => {
  test('names every command of the operators in its help, those that are programs of their own as well', async () => {
    const { out, exitCode } = await answer('--help');
    for (const name of [
      'audit',
      'accounts',
      'simulate',
      'catalogue',
      'price-list',
      'dead-letters',
      'queues',
      'secrets',
      'webhooks',
    ])
      expect(out).toMatch(new RegExp(`^  ${name} `, 'm'));
    expect(exitCode).toBe(0);
  });

  test.each([
    ['catalogue --help', ['import [options] <file.csv>', 'export [options] [file.csv]']],
    ['catalogue import --help', ['--dry-run', '--tenant <tenant>']],
    ['price-list rebuild --help', ['--dry-run', '--tenant <tenant>', 'Exit code: 0']],
    ['dead-letters --help', ['list', 'show', 'replay', 'discard']],
    ['dead-letters replay --help', ['--all', '--queue', '--type', '--tenant', '--dry-run', '--force']],
    ['queues --help', ['check']],
    ['secrets --help', ['reseal']],
    ['webhooks --help', ['tail', 'resend']],
    ['webhooks tail --help', ['--subscription', '--order', '--status', '--json', 'COMANDA_API_KEY']],
    ['secrets reseal --help', ['WEBHOOK_ENCRYPTION_KEYS', 'Exit code: 0']],
  ])('%s says what can be asked for', async (line, shown) => {
    const { out, exitCode } = await answer(line);
    for (const text of shown) expect(out).toContain(text);
    expect(exitCode).toBe(0);
  });

  test.each([
    ['remove', "unknown command 'remove'"],
    ['catalogue remove', "unknown command 'remove'"],
    ['catalogue import', "missing required argument 'file.csv'"],
    ['catalogue import a.csv b.csv', 'too many arguments'],
    ['catalogue export --dry-run', "unknown option '--dry-run'"],
    ['catalogue export --tenant NOT/ONE', 'There is no tenant "NOT/ONE"'],
    ['price-list rebuild now', 'too many arguments'],
    ['dead-letters list m1', 'too many arguments'],
    ['webhooks resend', "missing required argument 'deliveryId'"],
    ['webhooks resend 12', 'It must be an id'],
    ['webhooks tail --status LATE', 'Allowed choices are PENDING, DELIVERED, FAILED, DROPPED'],
    ['webhooks tail --lines many', 'whole number from 0 to 100'],
    ['dead-letters show', "missing required argument 'id'"],
    ['dead-letters replay', 'replay needs an id, or --all'],
    ['dead-letters replay m1 --all', 'replay needs an id, or --all'],
    ['dead-letters replay m1 m2', 'too many arguments'],
    ['dead-letters discard --all --force', "unknown option '--force'"],
    ['dead-letters list --queue kitchen', 'Allowed choices are products_queue'],
    ['dead-letters list --quick', "unknown option '--quick'"],
    ['secrets reseal all', 'too many arguments'],
    ['queues migrate orders_queue', "unknown command 'migrate'"],
  ])('%p is refused with a line that says why', async (line, why) => {
    const connect = jest.spyOn(process, 'loadEnvFile');
    const { out, exitCode } = await answer(line);
    expect(out).toContain(why);
    expect(exitCode).toBe(1);
    expect(connect).not.toHaveBeenCalled();
    connect.mockRestore();
  });
});
