import { readFileSync } from 'node:fs';
import { newId } from '@comanda/contracts';
import { beforeAll, expect, test } from '@jest/globals';
import { RequestMethod } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { ModulesContainer } from '@nestjs/core';
import { useGateway } from '../../test/gateway-under-test.js';
import { PRESETS } from './scopes.js';

/** The table of docs/access.md: for each route what each kind of caller is answered. */
const [columns = [], , ...rows] = readFileSync(new URL('../../../docs/access.md', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('|'))
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
const table = rows.map(([route = '', , ...cells]) => ({ route: route.replaceAll('`', ''), cells }));
const kinds = columns.slice(2);

const gateway = useGateway();
const headers = new Map<string, Record<string, string>>();
beforeAll(async () => {
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  headers.set('nobody', {});
  const tokens = {
    customer: gateway.token('customer'),
    shop: gateway.token('staff', { scopes: PRESETS.shop }),
    integrator: gateway.token('staff', { scopes: PRESETS.integrator }),
    owner: gateway.token('staff'),
    operator: gateway.token('operator'),
  };
  for (const [kind, token] of Object.entries(tokens)) {
    headers.set(kind, bearer(token));
    expect((await gateway.call('GET', '/api/v1/me', { token })).status).toBe(200);
  }
  const made = await gateway.call('POST', '/api/v1/api-keys', {
    token: tokens.owner,
    body: { name: 'a key', scopes: PRESETS.owner },
  });
  headers.set('key of an owner', { 'x-api-key': made.body.key });
});

/** Every route that a controller has, whether the API's document knows it or not; health is for operators. */
function routes(): string[] {
  const controllers = [...gateway.app.get(ModulesContainer).values()].flatMap((module) => [
    ...module.controllers.values(),
  ]);
  return controllers.flatMap(({ metatype }) => {
    if (typeof metatype !== 'function') return [];
    const base = Reflect.getMetadata(PATH_METADATA, metatype);
    return Object.values(Object.getOwnPropertyDescriptors(metatype.prototype)).flatMap(({ value }) => {
      const method = typeof value === 'function' ? Reflect.getMetadata(METHOD_METADATA, value) : undefined;
      if (method === undefined) return [];
      const path = `/${base}/${Reflect.getMetadata(PATH_METADATA, value)}`.replaceAll(/\/+/g, '/');
      return path.startsWith('/health') ? [] : [`${RequestMethod[method]} ${path.replace(/\/$/, '')}`];
    });
  });
}

test('the table has every route that there is, and each kind of caller', () => {
  expect(table.map(({ route }) => route).toSorted()).toEqual(routes().toSorted());
  expect(kinds).toEqual([...headers.keys()]);
});

/** What the guard said: a request that gets past it may still be wrong, or not be possible without a broker. */
async function outcome(route: string, kind: string): Promise<string> {
  const [method = '', path = ''] = route.split(' ');
  const url = `${gateway.url}${path.replaceAll(/:\w+/g, newId())}`;
  const hangUp = new AbortController();
  const response = await fetch(url, {
    method,
    headers: {
      ...headers.get(kind),
      ...(method !== 'GET' && method !== 'DELETE' && { 'content-type': 'application/json' }),
    },
    ...(method !== 'GET' && method !== 'DELETE' && { body: '{}' }),
    signal: hangUp.signal,
  });
  try {
    // A stream has no end.
    if (!response.headers.get('content-type')?.includes('problem')) return 'yes';
    const { code } = (await response.json()) as { code: string };
    const refused = ['TOKEN_MISSING', 'FORBIDDEN', 'SCOPE_MISSING'].includes(code);
    return refused ? String(response.status) : 'yes';
  } finally {
    hangUp.abort();
  }
}

test.each(table)('$route', async ({ route, cells }) => {
  const answers: string[] = [];
  for (const kind of kinds) answers.push(await outcome(route, kind));
  expect(Object.fromEntries(kinds.map((kind, at) => [kind, answers[at]]))).toEqual(
    Object.fromEntries(kinds.map((kind, at) => [kind, cells[at]])),
  );
});
