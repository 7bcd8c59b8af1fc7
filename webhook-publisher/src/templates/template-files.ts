import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ContactLocale, TenantId } from '@comanda/contracts';
import { ConfigurationError } from '@comanda/service-kit';
import { CUSTOMER_EVENTS, type CustomerEventType } from '../domain/telling.js';
import { FORMS, type Form, problemsOf, render, subjectAndText } from './template.js';
import { exampleOf, type Locale, type Variables } from './variables.js';

/** The files that come with this service. */
const OURS = fileURLToPath(new URL('../../templates', import.meta.url));

export interface EmailMessage {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** The files of one folder, by `<locale>/<event>.<form>`. */
type Files = ReadonlyMap<string, string>;

const nameOf = (locale: Locale, type: string, form: Form): string => `${locale}/${type}.${form}`;

const ALL = ContactLocale.options.flatMap((locale) =>
  CUSTOMER_EVENTS.flatMap(({ type }) =>
    FORMS.map((form) => ({ name: nameOf(locale, type, form), locale, type, form })),
  ),
);
const BY_NAME = new Map(ALL.map((one) => [one.name, one]));

/**
 * What customers read. Each text is a file; a tenant may have a file of its own in the place of any of ours. All are read
 * and checked at the start.
 */
export class Templates {
  private constructor(
    private readonly ours: Files,
    private readonly ofTenants: ReadonlyMap<string, Files>,
  ) {}

  /**
   * @param folder has a folder for each tenant with files of its own
   * @throws ConfigurationError with one line for each thing that is wrong
   */
  static read(folder: string | undefined): Templates {
    const problems: string[] = [];
    const ours = filesIn(OURS, 'templates', problems);
    problems.push(
      ...ALL.filter(({ name }) => !ours.has(name)).map(({ name }) => `templates/${name}: is missing`),
    );
    const ofTenants = new Map<string, Files>();
    for (const tenant of folder === undefined ? [] : tenantsIn(folder, problems))
      ofTenants.set(tenant, filesIn(join(folder ?? '', tenant), `TEMPLATES_DIR/${tenant}`, problems));
    if (problems.length > 0) throw new ConfigurationError(problems);
    return new Templates(ours, ofTenants);
  }

  email(tenantId: string, type: CustomerEventType, locale: Locale, variables: Variables): EmailMessage {
    const html = this.#rendered(tenantId, { locale, type, form: 'html' }, variables);
    return { ...subjectAndText(this.#rendered(tenantId, { locale, type, form: 'txt' }, variables)), html };
  }

  sms(tenantId: string, type: CustomerEventType, locale: Locale, variables: Variables): string {
    return this.#rendered(tenantId, { locale, type, form: 'sms' }, variables).trim();
  }

  #rendered(
    tenantId: string,
    { locale, type, form }: { locale: Locale; type: CustomerEventType; form: Form },
    variables: Variables,
  ): string {
    const name = nameOf(locale, type, form);
    const template = this.ofTenants.get(tenantId)?.get(name) ?? this.ours.get(name);
    if (template === undefined) throw new Error(`there is no template ${name}`);
    return render(template, form, variables);
  }
}

function tenantsIn(folder: string, problems: string[]): string[] {
  if (!existsSync(folder)) {
    problems.push(`TEMPLATES_DIR: there is no folder ${folder}`);
    return [];
  }
  return readdirSync(folder).filter((name) => {
    const isTenant = TenantId.safeParse(name).success;
    if (!isTenant) problems.push(`TEMPLATES_DIR/${name}: must be a folder named like a tenant`);
    return isTenant;
  });
}

/** Each file that is there, checked; what is wrong with one is said by `shown`. */
function filesIn(folder: string, shown: string, problems: string[]): Files {
  const files = new Map<string, string>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isDirectory()) continue;
    const path = join(entry.parentPath, entry.name);
    const name = path.slice(folder.length + 1);
    const what = BY_NAME.get(name);
    if (!what) {
      problems.push(`${shown}/${name}: is none of the texts; they are named like ${ALL[0]?.name}`);
      continue;
    }
    const template = readFileSync(path, 'utf8');
    const found = problemsOf(template, what.form, exampleOf(what.type, what.locale));
    problems.push(...found.map((problem) => `${shown}/${name}: ${problem}`));
    files.set(name, template);
  }
  return files;
}
