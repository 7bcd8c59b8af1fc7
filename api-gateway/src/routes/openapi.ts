import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { z } from 'zod';
import { ProblemDocument } from '../problems/problem.js';
import { API } from './api.js';

type SchemaObject = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>[string];

/**
 * zod's own JSON Schema (draft 2020-12, which is OpenAPI 3.1's dialect). The converter that @nestjs/swagger brings
 * asks for OpenAPI 3.0's and puts that, `exclusiveMinimum: true` and all, into a 3.1 document.
 */
function jsonSchemaOf(schema: z.ZodType, io: 'input' | 'output'): SchemaObject {
  const {
    $schema: _,
    '~standard': __,
    ...converted
  } = z.toJSONSchema(schema, {
    io,
    target: 'draft-2020-12',
    override: ({ jsonSchema }) => {
      // An answer may have more fields one day; a request may have none that is not known.
      if (io === 'output' && jsonSchema.additionalProperties === false)
        delete jsonSchema.additionalProperties;
    },
  });
  return converted as SchemaObject;
}

/** The OpenAPI 3.1 document of everything under the API, made of the controllers' schemas. */
export function openApiOf(app: INestApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Comanda')
    .setDescription('Takes orders and carries them through stock, payment and confirmation.')
    .setVersion('1')
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addBearerAuth()
    .addApiKey({ type: 'apiKey', name: 'X-API-Key', in: 'header' }, 'apiKey')
    .build();
  const document = SwaggerModule.createDocument(app, config, {
    operationIdFactory: (controller, method) => `${controller.replace(/Controller$/, '')}_${method}`,
    standardSchemaConverter: (schema, { schemaType }) =>
      schema instanceof z.ZodType ? { schema: jsonSchemaOf(schema, schemaType) } : undefined,
  });
  const schemas = { ...document.components?.schemas, Problem: jsonSchemaOf(ProblemDocument, 'output') };
  // Health and metrics are for operators.
  const paths = Object.fromEntries(
    Object.entries(document.paths).filter(
      ([path]) => path.startsWith(`/${API}/`) || path.startsWith('/.well-known/'),
    ),
  );
  return { ...document, paths, components: { ...document.components, schemas } };
}

/** Serves the document at /docs-json and a page to read and try it at /docs; all of the page comes from here. */
export function serveDocs(app: INestApplication): void {
  SwaggerModule.setup('docs', app, () => openApiOf(app), {
    jsonDocumentUrl: 'docs-json',
    raw: ['json'],
    customSiteTitle: 'Comanda API',
    // Without the bar on top, whose logo brings a style that the page's policy refuses (http/answer-headers.ts).
    swaggerOptions: { layout: 'BaseLayout' },
  });
}
