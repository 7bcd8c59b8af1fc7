import type { FastifyInstance } from 'fastify';
import { sendProblem } from '../problems/problem.filter.js';
import { Problem } from '../problems/problem.js';
import { pathOf } from '../problems/request-path.js';

/** The methods of each route, by its pattern: `/api/v1/orders/:orderId`, `/docs/*`. */
export class AllowedMethods {
  readonly #routes = new Map<string, { readonly parts: readonly string[]; readonly methods: Set<string> }>();

  add(pattern: string, methods: readonly string[]): void {
    const route = this.#routes.get(pattern) ?? { parts: pattern.split('/'), methods: new Set() };
    for (const method of methods) route.methods.add(method);
    this.#routes.set(pattern, route);
  }

  /** What may be done with this path, in alphabetical order; nothing where there is nothing. */
  of(path: string): readonly string[] {
    const parts = path.split('/');
    const found = [...this.#routes.values()].filter((route) => fits(route.parts, parts));
    return [...new Set(found.flatMap(({ methods }) => [...methods]))].toSorted();
  }
}

function fits(pattern: readonly string[], path: readonly string[]): boolean {
  if (pattern.at(-1) === '*') {
    const fixed = pattern.slice(0, -1);
    return path.length >= pattern.length && fits(fixed, path.slice(0, fixed.length));
  }
  return (
    pattern.length === path.length &&
    pattern.every((part, at) => (part.startsWith(':') ? path[at] !== '' : part === path[at]))
  );
}

/** A path that is known, asked with a method that it does not have, is a 405 that names those it has; OPTIONS asks for them. */
export function refuseOtherMethods(fastify: FastifyInstance): void {
  const known = new AllowedMethods();
  fastify.addHook('onRoute', ({ url, method }) => {
    // "*" is where CORS catches questions for paths of any kind.
    if (url !== '*') known.add(url, [method].flat());
  });
  fastify.addHook('onRequest', (request, reply, done) => {
    const { method, headers } = request;
    // A preflight is answered by CORS, where that is on.
    const asks = method === 'OPTIONS' && headers['access-control-request-method'] === undefined;
    const methods = request.is404 || asks ? known.of(pathOf(request.url)) : [];
    if (methods.length === 0) {
      done();
      return;
    }
    const allow = [...new Set([...methods, 'OPTIONS'])].toSorted().join(', ');
    if (method === 'OPTIONS') void reply.code(204).header('allow', allow).send();
    else
      sendProblem(
        reply,
        request,
        new Problem(405, 'METHOD_NOT_ALLOWED', `This path has ${allow}. See /docs.`, { headers: { allow } }),
      );
  });
}
