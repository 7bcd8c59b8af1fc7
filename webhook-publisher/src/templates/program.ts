import { ContactLocale, DEFAULT_TENANT } from '@comanda/contracts';
import { Command, Option } from 'commander';
import { CUSTOMER_EVENTS, type CustomerEventType } from '../domain/telling.js';
import type { Templates } from './template-files.js';
import { exampleOf, type Locale } from './variables.js';

/** What the commands need of the process in which they run. */
export interface Surroundings {
  /** Throws `ConfigurationError` with one line for each problem. */
  readTemplates(): Templates;
  print(text: string): void;
  writeFile(path: string, text: string): void;
}

interface PreviewOptions {
  readonly tenant: string;
  readonly event?: CustomerEventType;
  readonly locale?: Locale;
  readonly out?: string;
}

const TYPES = CUSTOMER_EVENTS.map(({ type }) => type);

/** `npm run templates`: what customers read, shown with the examples of the events. */
export function templatesProgram({ readTemplates, print, writeFile }: Surroundings): Command {
  const program = new Command('templates').description(
    'the texts that customers read: those that come with the service, and those of tenants (TEMPLATES_DIR)',
  );
  program
    .command('preview')
    .description('show texts with the examples of their events; all files are checked first')
    .option('--tenant <tenant>', 'whose texts', DEFAULT_TENANT)
    .addOption(new Option('--event <type>', 'of one event alone').choices(TYPES))
    .addOption(new Option('--locale <locale>', 'in one language alone').choices(ContactLocale.options))
    .option('--out <file>', 'write one text to a file: HTML, or text when its name ends in .txt or .sms')
    .action((options: PreviewOptions, command: Command) => {
      const { tenant, event, locale, out } = options;
      const templates = readTemplates();
      if (out !== undefined) {
        if (event === undefined || locale === undefined)
          command.error('error: --out is for one text: name --event and --locale, too', { exitCode: 2 });
        else writeFile(out, fileOf(templates, { tenant, event, locale }, out));
        return;
      }
      for (const type of event === undefined ? TYPES : [event])
        for (const language of locale === undefined ? ContactLocale.options : [locale])
          print(shown(templates, { tenant, event: type, locale: language }));
    });
  return program.exitOverride();
}

interface Which {
  readonly tenant: string;
  readonly event: CustomerEventType;
  readonly locale: Locale;
}

function textsOf(templates: Templates, { tenant, event, locale }: Which) {
  const variables = exampleOf(event, locale);
  return {
    ...templates.email(tenant, event, locale, variables),
    sms: templates.sms(tenant, event, locale, variables),
  };
}

function shown(templates: Templates, which: Which): string {
  const { subject, text, html, sms } = textsOf(templates, which);
  const titled = (title: string, body: string) => `--- ${title}\n${body.trimEnd()}\n`;
  return [
    `=== ${which.event}, ${which.locale}, ${which.tenant}\nSubject: ${subject}\n`,
    ...[titled('text', text), titled('html', html), titled('sms', sms)],
  ].join('\n');
}

function fileOf(templates: Templates, which: Which, path: string): string {
  const { subject, text, html, sms } = textsOf(templates, which);
  if (path.endsWith('.sms')) return `${sms}\n`;
  return path.endsWith('.txt') ? `Subject: ${subject}\n\n${text}` : html;
}
