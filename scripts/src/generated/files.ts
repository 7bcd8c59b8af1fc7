import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { accessPage, asyncApiDocument, openApiDocument } from '@comanda/api-gateway';
import { brokerDefinitions } from '@comanda/operations';
import { clientTypes } from './client-types.js';
import { compose, dockerfile, dockerignore } from './containers.js';
import { envExample } from './env-example.js';
import { eventsDocument } from './events-document.js';
import { postgresAccess, postgresRoles } from './postgres.js';
import { problemTable } from './problem-table.js';
import { withSection } from './section.js';
import { webhookEventsDocument } from './webhook-events-document.js';
import { workspacesOf } from './workspaces.js';

/** Every file that is generated, whole or in sections, with its text as it must be. */
export async function generatedFiles(root: string): Promise<ReadonlyMap<string, string>> {
  const read = (file: string): string => readFileSync(join(root, file), 'utf8');
  const workspaces = workspacesOf(root);
  const document = await openApiDocument();
  const openApi = `${JSON.stringify(document, null, 2)}\n`;
  return new Map([
    ['docs/events.md', eventsDocument()],
    ['docs/webhook-events.md', webhookEventsDocument()],
    ['docs/asyncapi.json', `${JSON.stringify(asyncApiDocument(), null, 2)}\n`],
    ['docs/openapi.json', openApi],
    ['docs/api.md', withSection(read('docs/api.md'), 'problem codes', problemTable(openApi))],
    ['docs/access.md', accessPage(document)],
    ['packages/client/src/generated/api.ts', await clientTypes(openApi)],
    ['Dockerfile', dockerfile(read('Dockerfile'), workspaces)],
    ['.dockerignore', dockerignore(read('.dockerignore'))],
    ['docker-compose.yml', compose(read('docker-compose.yml'))],
    ['deploy/rabbitmq/accounts.json', `${JSON.stringify(brokerDefinitions(), null, 2)}\n`],
    ['deploy/postgres/roles.sql', postgresRoles(read('deploy/postgres/roles.sql'))],
    ['deploy/postgres/pg_hba.conf', postgresAccess(read('deploy/postgres/pg_hba.conf'))],
    ['.env.example', envExample(read('.env.example'))],
  ]);
}
