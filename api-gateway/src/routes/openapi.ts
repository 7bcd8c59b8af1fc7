import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { z } from 'zod';
import { asyncApiDocument } from '../description/asyncapi.js';
import { HEADERS } from '../description/headers.js';
import { PARAMETERS } from '../description/parameters.js';
import { type JsonSchema, nameIn, SchemaCollection } from '../description/schemas.js';
import { ProblemDocument } from '../problems/problem.js';
import { API } from './api.js';
import { OWN_PROBLEMS } from './operation.js';
import { type Operation, OwnProblems, problemsOf } from './problem-responses.js';

const DESCRIPTION = `Takes orders and carries them through stock, payment and confirmation.

Every answer has \`X-Correlation-Id\`, and every error is a problem (RFC 9457) whose \`code\` is for programs. A path that
is asked with a method that it does not have answers 405 with \`Allow\`, and one that does not exist 404. Answers may get
new fields; requests may have none that is not described. Times are RFC 3339, amounts whole minor units of the currency
beside them. What happens later is told by events: see \`/asyncapi-json\`.`;

const TAGS = {
  auth: 'Access tokens, sessions, and making an account.',
  me: 'One’s own account.',
  accounts: 'Who may do what in a tenant, and inviting staff.',
  'API keys': 'Keys for programs, which act as staff.',
  orders: 'Placing orders, following and changing them.',
  live: 'What happens, told as it happens: server-sent events.',
  products: 'The catalogue and its stock: open to everybody, changed by staff.',
  payments: 'What payment providers tell us.',
  webhooks: 'Who gets which events, and what was sent to them.',
  'dead letters': 'Messages that could not be handled, and their replay.',
} as const;

/** Marks the schema of a body that may be left out, until the document is made. */
const OPTIONAL = 'x-optional';

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

/** The OpenAPI 3.1 document of everything under the API, made of the controllers' schemas. */
export function openApiOf(app: INestApplication): OpenAPIObject {
  const schemas = new SchemaCollection();
  const { paths: all, ...document } = SwaggerModule.createDocument(app, frame(), {
    standardSchemaConverter: (schema, { schemaType }) =>
      schema instanceof z.ZodType
        ? {
            schema: {
              ...schemas.add(schema, schemaType),
              ...(schema instanceof z.ZodOptional && { [OPTIONAL]: true }),
            },
          }
        : undefined,
  });
  schemas.add(ProblemDocument, 'output');
  // Health and metrics are for operators.
  const paths = Object.fromEntries(
    Object.entries(all).filter(([path]) => path.startsWith(`/${API}/`) || path.startsWith('/.well-known/')),
  );
  const { components } = schemas;
  const responses = new Map<string, object>();
  for (const item of Object.values(paths))
    for (const method of METHODS) {
      const operation: Operation | undefined = item[method];
      if (!operation) continue;
      operation.security ??= [];
      describeParameters(operation, components);
      addExamples(operation, components);
      addProblems(method, operation, responses);
    }
  return {
    ...document,
    paths,
    components: {
      ...document.components,
      schemas: components,
      headers: HEADERS,
      responses: Object.fromEntries([...responses].toSorted(([one], [other]) => (one < other ? -1 : 1))),
    },
  } as OpenAPIObject;
}

function frame() {
  const builder = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Comanda')
    .setDescription(DESCRIPTION)
    .setVersion('1')
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addServer('/', 'The gateway that serves this document, be it local, staging or production', undefined, {
      'x-internal': false,
    })
    .addBearerAuth({
      type: 'http',
      scheme: 'bearer',
      bearerFormat: 'JWT',
      description:
        'An access token of `POST /api/v1/auth/token`: a JWT as RFC8725 wants them (EdDSA and nothing else; issuer, audience and expiry are checked).',
    });
  builder.addApiKey(
    {
      type: 'apiKey',
      name: 'X-API-Key',
      in: 'header',
      description:
        'A key of `POST /api/v1/api-keys`, for programs. It may be sent as a bearer token as well.',
    },
    'apiKey',
  );
  for (const [name, text] of Object.entries(TAGS)) builder.addTag(name, text);
  return builder.build();
}

/** What goes wrong in the same way everywhere stands in the document once. */
function addProblems(method: string, operation: Operation, responses: Map<string, object>): void {
  const own = OwnProblems.parse(operation[OWN_PROBLEMS]);
  delete operation[OWN_PROBLEMS];
  for (const { status, name, response } of problemsOf(method, operation, own)) {
    const known = responses.get(name) ?? response;
    if (JSON.stringify(known) !== JSON.stringify(response)) throw new Error(`two answers are called ${name}`);
    responses.set(name, response);
    operation.responses[status] = { $ref: `#/components/responses/${name}` };
  }
}

function describeParameters({ parameters = [] }: Operation, schemas: Record<string, JsonSchema>): void {
  for (const parameter of parameters) {
    if (!('name' in parameter)) continue;
    const { schema = {}, name } = parameter;
    const { description = '', example } = PARAMETERS[name] ?? {};
    const named = schemas[nameIn(schema) ?? '']?.examples;
    parameter.description ??= description;
    parameter.example = Array.isArray(named) ? named[0] : example;
  }
}

interface Media {
  schema?: { readonly $ref?: string; [OPTIONAL]?: boolean };
  example?: unknown;
}

/** Bodies and answers have the example of their schema. */
function addExamples({ requestBody, responses }: Operation, schemas: Record<string, JsonSchema>): void {
  for (const whole of [requestBody, ...Object.values(responses)])
    for (const media of Object.values(whole && 'content' in whole ? (whole.content ?? {}) : {}) as Media[]) {
      if (media.schema?.[OPTIONAL]) {
        delete media.schema[OPTIONAL];
        Object.assign(whole ?? {}, { required: false });
      }
      const { examples } = schemas[nameIn(media.schema ?? {}) ?? ''] ?? {};
      if (Array.isArray(examples)) [media.example] = examples;
    }
}

/**
 * Serves the document at /docs-json and a page to read and try it at /docs; all of the page comes from here. Beside it what
 * is told, at /asyncapi-json.
 */
export function serveDocs(app: INestApplication): void {
  const asyncApi = asyncApiDocument();
  app
    .getHttpAdapter()
    .get('/asyncapi-json', (_: unknown, reply: { send(body: object): unknown }) => reply.send(asyncApi));
  SwaggerModule.setup('docs', app, () => openApiOf(app), {
    jsonDocumentUrl: 'docs-json',
    raw: ['json'],
    customSiteTitle: 'Comanda API',
    // Without the bar on top, whose logo brings a style that the page's policy refuses (http/answer-headers.ts).
    swaggerOptions: { layout: 'BaseLayout' },
  });
}
