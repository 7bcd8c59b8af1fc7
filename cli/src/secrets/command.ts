import { Command } from 'commander';
import { exitWith } from '../command-line.js';
import { resealSecrets } from './secrets.js';

/** `npm run secrets`. */
export function secretsCommand(): Command {
  const secrets = new Command('secrets').description(
    'what lies sealed: the secrets of subscriptions, the contacts of customers',
  );
  secrets
    .command('reseal')
    .description('encrypt with the first of WEBHOOK_ENCRYPTION_KEYS what an older key encrypted')
    .addHelpText(
      'after',
      '\nIt can be interrupted and run again. Exit code: 0 the older keys open nothing any more, 1 something is left that only they open, 2 it can not be told',
    )
    .action(async () => exitWith(await resealSecrets()));
  return secrets;
}
