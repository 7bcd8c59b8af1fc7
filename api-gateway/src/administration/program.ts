import { DEFAULT_TENANT, TenantId } from '@comanda/contracts';
import type { Database } from '@comanda/storage';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { z } from 'zod';
import { Email } from '../accounts/credentials.js';
import { ACCOUNT_PRESETS, Administration, type PasswordSource, type Preset } from './administration.js';
import { generatedPassword, type Input, readPassword } from './new-password.js';

/** What the commands need of the process in which they run. */
export interface Surroundings {
  /** The gateway's database; its tables are made when they are not there. */
  openDatabase(): Promise<Database>;
  readonly input: Input;
  /** Writes one line of the result. */
  print(line: string): void;
  /** Shows words that are not the result, like a question. */
  say(words: string): void;
}

interface OfTenant {
  readonly tenant: string;
}
interface WithPassword extends OfTenant {
  readonly generate: boolean;
}

interface WithPreset {
  readonly preset: Preset;
}

/** `npm run accounts`. The commands throw `Refused`, and what opening the database throws. */
export function accountsProgram(surroundings: Surroundings): Command {
  const { openDatabase, print } = surroundings;
  const administer = async (act: (administration: Administration) => Promise<void>): Promise<void> => {
    const database = await openDatabase();
    try {
      await act(new Administration(database));
    } finally {
      await database.close();
    }
  };
  /** Hands `act` where the new password comes from; one that was made up is printed once it is in place. */
  const withPassword = async (
    { generate }: WithPassword,
    act: (password: PasswordSource) => Promise<void>,
  ): Promise<void> => {
    const { input, say } = surroundings;
    if (!generate) return act(() => readPassword(input, say));
    const password = generatedPassword();
    await act(async () => password);
    print(`Its password, which is shown this once: ${password}`);
  };

  const program = new Command('accounts')
    .description("who may log in, and the tenants, in the gateway's database (GATEWAY_DATABASE_URL)")
    .addHelpText(
      'after',
      '\nA password is typed, or read from a pipe, or made up (--generate); it is never an argument.' +
        '\nExit code: 0 done, 1 refused (it is there already, or not there), 2 not possible',
    );
  program
    .command('create-tenant')
    .description('make a tenant')
    .argument('<name>', 'lower-case letters, digits, - and _', parsedBy(TenantId))
    .action((name: string) =>
      administer(async (administration) => {
        await administration.createTenant(name);
        print(`The tenant ${name} is there.`);
      }),
    );
  program
    .command('create')
    .description('make an account')
    .argument('<email>', '', parsedBy(Email))
    .addOption(presetOption())
    .addOption(tenantOption().default(DEFAULT_TENANT))
    .addOption(generateOption())
    .action((email: string, options: WithPassword & WithPreset) =>
      administer((administration) =>
        withPassword(options, async (password) => {
          const { tenant: tenantId, preset } = options;
          const { accountId } = await administration.createAccount({ tenantId, email, preset }, password);
          print(`${email} (${preset}, tenant ${tenantId}) may log in. Account ${accountId}`);
        }),
      ),
    );
  program
    .command('list')
    .description('one line for each account, closed ones as well; all tenants when none is named')
    .addOption(tenantOption())
    .action(({ tenant }: Partial<OfTenant>) =>
      administer(async (administration) => {
        for (const [tenantId, accounts] of await administration.list(tenant)) {
          if (accounts.length === 0) print(`${tenantId} has no accounts`);
          for (const { email, role, scopes, accountId, createdAt, closedAt } of accounts)
            print(
              `${tenantId} ${email} ${role} (${scopes.join(' ')}) ${accountId} since ${createdAt}${closedAt === null ? '' : `, closed ${closedAt}`}`,
            );
        }
      }),
    );
  program
    .command('set-preset')
    .description('change what staff may do; effective within a minute')
    .argument('<email>', '', parsedBy(Email))
    .addOption(presetOption())
    .addOption(tenantOption().default(DEFAULT_TENANT))
    .action((email: string, { tenant, preset }: OfTenant & WithPreset) =>
      administer(async (administration) => {
        await administration.setPreset(tenant, email, preset);
        print(`${email} (tenant ${tenant}) may do what ${preset} may.`);
      }),
    );
  program
    .command('set-password')
    .description('change a password: its sessions end; a token without one stays good for its hour')
    .argument('<email>', '', parsedBy(Email))
    .addOption(tenantOption().default(DEFAULT_TENANT))
    .addOption(generateOption())
    .action((email: string, options: WithPassword) =>
      administer((administration) =>
        withPassword(options, async (password) => {
          await administration.setPassword(options.tenant, email, password);
          print(`${email} (tenant ${options.tenant}) has a new password.`);
        }),
      ),
    );
  program
    .command('close')
    .description('end an account: no log-in any more, and its tokens are refused within a minute')
    .argument('<email>', '', parsedBy(Email))
    .addOption(tenantOption().default(DEFAULT_TENANT))
    .action((email: string, { tenant }: OfTenant) =>
      administer(async (administration) => {
        await administration.close(tenant, email);
        print(`${email} (tenant ${tenant}) is closed. Its tokens are refused within a minute.`);
      }),
    );
  for (const command of [program, ...program.commands])
    command.showHelpAfterError('(add --help for all that it takes)').exitOverride();
  return program;
}

const tenantOption = (): Option =>
  new Option('--tenant <tenant>', 'of this tenant').argParser(parsedBy(TenantId));

const presetOption = (): Option =>
  new Option('--preset <preset>', 'what it is for, and so what it may do (docs/operations.md)')
    .choices(ACCOUNT_PRESETS)
    .makeOptionMandatory();

const generateOption = (): Option =>
  new Option('--generate', 'make a password up and print it').default(false, 'no');

function parsedBy(schema: z.ZodType<string>): (text: string) => string {
  return (text) => {
    const parsed = schema.safeParse(text);
    if (parsed.success) return parsed.data;
    throw new InvalidArgumentError(parsed.error.issues.map(({ message }) => message).join('; '));
  };
}
