import { z } from 'zod';
import { CUSTOMER_SCOPES, PRESETS, Scope } from '../auth/scopes.js';

const Operation = z.object({
  'x-access': z.enum(['log-in', 'anyone', 'signed-in', 'account', 'customer', 'staff']),
  'x-scope': Scope.optional(),
});
type Operation = z.infer<typeof Operation>;
const Document = z.object({ paths: z.record(z.string(), z.record(z.string(), Operation)) });

interface Asking {
  readonly role: 'customer' | 'staff';
  readonly scopes: readonly Scope[];
  readonly key?: true;
}

const staff = (scopes: readonly Scope[]): Asking => ({ role: 'staff', scopes });

/** Who asks, in the order of the columns. */
const COLUMNS: Readonly<Record<string, Asking | undefined>> = {
  nobody: undefined,
  customer: { role: 'customer', scopes: CUSTOMER_SCOPES },
  shop: staff(PRESETS.shop),
  integrator: staff(PRESETS.integrator),
  owner: staff(PRESETS.owner),
  operator: staff(PRESETS.operator),
  'key of an owner': { ...staff(PRESETS.owner), key: true },
};

const HEAD = `# Who may call which route

Generated from the document of the API and the presets (\`npm run docs\`). Each cell is tried over HTTP
(\`api-gateway/src/auth/access.integration.spec.ts\`): yes, or the status of the refusal. What a caller sees of what they may
ask for is another question: customers see what is theirs, staff what is their tenant's. Scopes and presets:
[operations.md](operations.md#accounts-and-tenants).
`;

/** The page that says for each route and each kind of caller whether it lets them in. */
export function accessPage(document: object): string {
  const rows = Object.entries(Document.parse(document).paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => [
      `\`${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}\``,
      operation['x-scope'] === undefined ? '' : `\`${operation['x-scope']}\``,
      ...Object.values(COLUMNS).map((asking) => outcomeOf(operation, asking)),
    ]),
  );
  const columns = ['route', 'scope', ...Object.keys(COLUMNS)];
  const lines = [columns, columns.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  return `${HEAD}\n${lines.join('\n')}\n`;
}

function outcomeOf({ 'x-access': access, 'x-scope': scope }: Operation, asking: Asking | undefined): string {
  if (access === 'log-in' || access === 'anyone') return 'yes';
  if (!asking) return '401';
  const isKind = access === 'signed-in' || (access === 'account' ? !asking.key : asking.role === access);
  return isKind && (scope === undefined || asking.scopes.includes(scope)) ? 'yes' : '403';
}
