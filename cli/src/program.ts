import { join } from 'node:path';
import { Command, type CommanderError } from 'commander';
import { backupCommand, restoreCommand } from './backup/command.js';
import { catalogueCommand } from './catalogue/command.js';
import { deadLettersCommand } from './dead-letters/command.js';
import { ROOT } from './operator.js';
import { priceListCommand } from './price-list/command.js';
import { queuesCommand } from './queues/command.js';
import { secretsCommand } from './secrets/command.js';
import { webhooksCommand } from './webhooks/command.js';

/**
 * The program of the operators' commands.
 *
 * @param end what happens after help, a wrong command line, or a command that is a program of its own
 */
export function comanda(end: (error: CommanderError) => void): Command {
  const program = new Command('comanda')
    .description("Operators' commands, for the platform that RABBITMQ_URL names or that npm start runs")
    .executableDir(ROOT)
    .command('audit', 'say whether every promise of the platform holds', {
      executableFile: join('auditor', 'dist', 'cli.js'),
    })
    .command('accounts', 'who may log in, and the tenants', {
      executableFile: join('api-gateway', 'dist', 'accounts-cli.js'),
    })
    .command('templates', 'what customers read, shown with examples', {
      executableFile: join('webhook-publisher', 'dist', 'templates-cli.js'),
    })
    .command('simulate', 'run simulated histories of orders, with every fault', {
      executableFile: join('test', 'simulation', 'dist', 'main.js'),
    });
  for (const command of [
    backupCommand(),
    restoreCommand(),
    catalogueCommand(),
    priceListCommand(),
    deadLettersCommand(),
    queuesCommand(),
    secretsCommand(),
    webhooksCommand(),
  ])
    program.addCommand(command);
  const everyCommand = (command: Command): Command[] => [command, ...command.commands.flatMap(everyCommand)];
  for (const command of everyCommand(program))
    command.exitOverride(end).showHelpAfterError('(add --help for all that it takes)');
  return program;
}
