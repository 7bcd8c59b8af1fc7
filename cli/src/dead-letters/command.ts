import { SERVICE_QUEUES } from '@comanda/messaging';
import { Command, Option } from 'commander';
import { dryRunOption, exitWith } from '../command-line.js';
import { actOnDeadLetters, listDeadLetters, showDeadLetter } from './dead-letters.js';

interface Filter {
  readonly queue?: string;
  readonly type?: string;
  readonly tenant?: string;
}
interface ActOptions extends Filter {
  readonly all: boolean;
  readonly dryRun: boolean;
  readonly force?: boolean;
}

const queue = (): Option => new Option('--queue <queue>', 'of this queue').choices(SERVICE_QUEUES);
const type = (): Option => new Option('--type <type>', 'of this message type');
const tenant = (): Option => new Option('--tenant <tenant>', 'of this tenant');

const filterOf = ({ queue, type, tenant: tenantId }: Filter) => ({ queue, type, tenantId });

/** `npm run dead-letters`. */
export function deadLettersCommand(): Command {
  const deadLetters = new Command('dead-letters').description('messages that failed for good');
  deadLetters
    .command('list')
    .description('one line for each')
    .addOption(queue())
    .addOption(type())
    .addOption(tenant())
    .option('--json', 'a JSON object a line', false)
    .action(async (options: Filter & { json: boolean }) =>
      exitWith(await listDeadLetters(filterOf(options), options.json)),
    );
  deadLetters
    .command('show')
    .description('all of one, as JSON')
    .argument('<id>')
    .addOption(queue())
    .addOption(tenant())
    .action(async (id: string, options: Filter) => exitWith(await showDeadLetter(id, filterOf(options))));
  deadLetters.addCommand(
    act('replay', 'put one back, or all').option('--force', 'also when it is too old', false),
  );
  deadLetters.addCommand(act('discard', 'remove one, or all'));
  return deadLetters;
}

function act(kind: 'replay' | 'discard', description: string): Command {
  const command = new Command(kind)
    .description(description)
    .argument('[id]')
    .option('--all', 'all that the filter names, instead of one', false)
    .addOption(queue())
    .addOption(type())
    .addOption(tenant())
    .addOption(dryRunOption());
  return command.action(async (id: string | undefined, options: ActOptions) => {
    if ((id === undefined) !== options.all) command.error(`error: ${kind} needs an id, or --all`);
    const { dryRun, force = false } = options;
    exitWith(await actOnDeadLetters(kind, { id, filter: filterOf(options), dryRun, force }));
  });
}
