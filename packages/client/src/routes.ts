import type { paths } from './generated/api.js';

/** The version of the API that this client speaks; breaking changes come under another one (docs/api.md). */
export const VERSION = '/api/v1';

export type Method = 'get' | 'post' | 'patch' | 'put' | 'delete';

type Known = keyof paths & `${typeof VERSION}${string}`;
type Short<Path> = Path extends `${typeof VERSION}${infer Rest}` ? Rest : never;

/** The paths that know this method, as `/orders/{orderId}`. */
export type PathOf<M extends Method> = {
  [P in Known]: paths[P] extends Record<M, object> ? Short<P> : never;
}[Known];

export type Operation<M extends Method, P extends PathOf<M>> = paths[`${typeof VERSION}${P}` & Known][M];

/** Whatever of a part of the request the route knows; to be left out where none of it is needed. */
type Part<Name extends string, Value> = [Exclude<Value, undefined>] extends [never]
  ? unknown
  : Record<never, never> extends Value
    ? { readonly [N in Name]?: Exclude<Value, undefined> }
    : { readonly [N in Name]: Value };

type In<O, Where extends string> = O extends { parameters: { [W in Where]?: infer Value } } ? Value : never;
type BodyOf<O> = O extends { requestBody?: { content: { 'application/json': infer Body } } } ? Body : never;

/** What a request to this route says. */
export type InputOf<O> = Part<'path', In<O, 'path'>> &
  Part<'query', In<O, 'query'>> &
  Part<'body', BodyOf<O>>;

type JsonOf<R> = R extends { content: { 'application/json': infer Body } } ? Body : undefined;

/** The body of its answer; `undefined` where it has none. */
export type AnswerOf<O> = O extends { responses: infer R }
  ? { [Status in keyof R & (200 | 201 | 202 | 204)]: JsonOf<R[Status]> }[keyof R & (200 | 201 | 202 | 204)]
  : never;

/** Lists, whose `nextCursor` leads on. */
export type ListPath = {
  [P in PathOf<'get'>]: AnswerOf<Operation<'get', P>> extends { nextCursor: string | null } ? P : never;
}[PathOf<'get'>];

export type ItemOf<P extends ListPath> =
  AnswerOf<Operation<'get', P>> extends { items: readonly (infer Item)[] } ? Item : never;

/** The arguments of a call: what it says can be left out where nothing needs to be said. */
export type Arguments<Input, Options> =
  Record<never, never> extends Input ? [input?: Input & Options] : [input: Input & Options];
