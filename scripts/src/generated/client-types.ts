import openapiTS, { astToString } from 'openapi-typescript';

const HEADER = '// Generated from docs/openapi.json by `npm run docs`; change the routes, not this file.\n\n';

/** The types of `@comanda/client`. */
export async function clientTypes(openApiDocument: string): Promise<string> {
  // What has a default may be left out of a request.
  return HEADER + astToString(await openapiTS(openApiDocument, { defaultNonNullable: false }));
}
