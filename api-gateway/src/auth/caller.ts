import { DEFAULT_TENANT, Id, TenantId, type Viewer } from '@comanda/contracts';
import type { RequestContext } from '@comanda/messaging';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Scope } from './scopes.js';

export const Role = z.enum(['customer', 'staff']);
export type Role = z.infer<typeof Role>;

/** Who sent a request, as a verified token or API key says, and what they may do. */
export const Caller = z.object({
  accountId: Id,
  role: Role,
  tenantId: TenantId,
  scopes: z.array(Scope).readonly(),
  /** When it is an API key: the account that answers for it. */
  keyOf: Id.optional(),
  /** The session whose token it is; one that belongs to none ends by itself alone. */
  sessionId: Id.optional(),
  /** Another issuer says who it is: there is no account of it here. */
  foreign: z.literal(true).optional(),
  /** The tenant of its account, while it acts in another one (`tenantId`). */
  homeTenantId: TenantId.optional(),
  /** Of a log-in without a session: the password that it was with (`markOf`). */
  passwordMark: z.string().optional(),
  /** Of a log-in without a session: when it is over, in seconds since 1970. */
  endsAt: z.number().optional(),
});
export type Caller = z.infer<typeof Caller>;

/** Where the account of a caller is kept, whatever tenant it acts in. */
export const accountOf = ({ tenantId, homeTenantId, accountId }: Caller) => ({
  tenantId: homeTenantId ?? tenantId,
  accountId,
});

/** The same caller, acting in this tenant: in another one than its own, or back at home. */
export function actingIn(caller: Caller, tenantId: string): Caller {
  const home = accountOf(caller).tenantId;
  return { ...caller, tenantId, homeTenantId: tenantId === home ? undefined : home };
}

/** Whether the caller has logged in to an account that is kept here. */
export const hasAccount = ({ keyOf, foreign }: Caller): boolean => keyOf === undefined && !foreign;

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the access guard, when the request came with a token that holds. */
    caller: Caller | undefined;
    /**
     * Asks the guard again, for an answer that takes long: until when it lets this request in at least, in milliseconds
     * since 1970; `undefined` when it would not any more.
     */
    allowedUntil?: () => Promise<number | undefined>;
  }
}

/** The caller of a route that lets nobody in without a token. */
export const CurrentCaller = createParamDecorator((_: unknown, context: ExecutionContext): Caller => {
  const { caller, routeOptions } = context.switchToHttp().getRequest<FastifyRequest>();
  if (!caller) throw new Error(`${routeOptions.url} asks for a caller and lets in requests without one`);
  return caller;
});

/** What goes into the envelope of everything that this request sets off. */
export const Context = createParamDecorator((_: unknown, context: ExecutionContext): RequestContext => {
  const request = context.switchToHttp().getRequest<FastifyRequest>();
  return {
    tenantId: request.caller?.tenantId ?? DEFAULT_TENANT,
    correlationId: request.id,
    traceparent: request.traceparent,
    deadline: request.deadline,
  };
});

/** What a service needs to know of the caller to decide what they may see. */
export const viewerOf = ({ accountId, role }: Caller): Viewer => ({ accountId, role });
