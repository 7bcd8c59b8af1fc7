import { type CustomDecorator, SetMetadata } from '@nestjs/common';
import type { Caller, Role } from './caller.js';

/**
 * Who may use a route.
 * - `log-in`: anyone; a token is ignored, so that an old one doesn't keep its owner from getting a new one
 * - `anyone`: a token is not needed, but one that is sent must hold, since it chooses the tenant
 * - `signed-in`: any role
 */
export type Access = 'log-in' | 'anyone' | 'signed-in' | Role;

export const ACCESS = 'comanda:access';

export const AccessFor = (access: Access): CustomDecorator => SetMetadata(ACCESS, access);

/** Whether an account of this role may do what is for that one. An operator may do all that staff may. */
export const mayAct = (role: Role, as: Role): boolean =>
  role === as || (role === 'operator' && as === 'staff');

/** Whether the caller looks after the installation, and so sees what may be anybody's: dead letters of no tenant. */
export const runsInstallation = ({ role }: Caller): boolean => role === 'operator';
