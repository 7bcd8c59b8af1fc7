import { type CustomDecorator, SetMetadata } from '@nestjs/common';
import type { Role } from './caller.js';
import type { Scope } from './scopes.js';

/**
 * Who may use a route: which kind of caller (`access`), and the scope that they need.
 * - `log-in`: anyone; a token is ignored, so that an old one doesn't keep its owner from getting a new one
 * - `anyone`: a token is not needed, but one that is sent must hold, since it chooses the tenant
 * - `signed-in`: any role
 * - `account`: somebody who has logged in to an account here, and so no API key
 */
export type AccessRule =
  | { readonly access: 'log-in' | 'anyone'; readonly scope?: never }
  /** `none` where it is about the caller alone. */
  | { readonly access: 'signed-in' | 'account'; readonly scope: Scope | 'none' }
  | { readonly access: Role; readonly scope: Scope };

export const ACCESS = 'comanda:access';

export const AccessFor = ({ access, scope }: AccessRule): CustomDecorator =>
  SetMetadata(ACCESS, { access, scope });
