import { readFileSync } from 'node:fs';
import { newId } from '@comanda/contracts';
import { z } from 'zod';
import type { Installation } from './installation.js';

const Parameter = z.object({ name: z.string(), in: z.string(), example: z.unknown() });
const Described = z.object({
  tags: z.array(z.string()),
  'x-access': z.string(),
  parameters: z.array(Parameter),
  requestBody: z.object({ content: z.record(z.string(), z.object({ example: z.unknown() })) }).optional(),
});
const Document = z.object({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) });

const DOCUMENT = new URL('../../docs/openapi.json', import.meta.url);
/** What is about these is for a service behind the gateway; the rest is its own affair, as are news that others sign. */
const OF_SERVICES = ['orders', 'products', 'webhooks', 'dead letters'];

/** Every request of the document that changes something, as it stands there for an example. */
const changes = Object.entries(Document.parse(JSON.parse(readFileSync(DOCUMENT, 'utf8'))).paths).flatMap(
  ([path, operations]) =>
    Object.entries(operations)
      .filter(([method]) => method !== 'get')
      .map(([method, described]) => {
        const { tags, parameters, requestBody, ...operation } = Described.parse(described);
        const exampleOf = (name: string) => parameters.find((one) => one.name === name)?.example;
        return {
          route: `${method.toUpperCase()} ${path}`,
          method: method.toUpperCase(),
          path: path.replace('/api/v1', '').replaceAll(/\{(\w+)\}/g, (_, name) => String(exampleOf(name))),
          body: requestBody?.content['application/json']?.example,
          asCustomer: operation['x-access'] === 'customer',
          takesKey: parameters.some(({ name }) => name === 'Idempotency-Key'),
          ofServices: operation['x-access'] !== 'log-in' && tags.some((tag) => OF_SERVICES.includes(tag)),
        };
      }),
);

export interface Changed {
  readonly route: string;
  readonly ofServices: boolean;
  readonly takesKey: boolean;
  readonly status: number;
  readonly code: string | undefined;
}

const Problem = z.object({ code: z.string() });

/** Sends all of them at once, each as who may, and gives what they were answered. Each answer must be as it is described. */
export const everyChange = (comanda: Pick<Installation, 'customer' | 'staff'>): Promise<Changed[]> =>
  Promise.all(
    changes.map(async ({ method, path, body, asCustomer, ...change }) => {
      const api = asCustomer ? comanda.customer : comanda.staff;
      const key = change.takesKey ? { 'idempotency-key': newId() } : {};
      const { status, body: answered } = await api.send(method, path, body, key);
      return { ...change, status, code: Problem.safeParse(answered).data?.code };
    }),
  );

/** Those that were neither carried out, nor accepted, nor put off with a 503; what needs no service is as ever. */
export const notInTime = (answers: readonly Changed[]): Changed[] =>
  answers.filter(({ ofServices, status }) => (ofServices ? ![202, 503].includes(status) : status >= 500));
