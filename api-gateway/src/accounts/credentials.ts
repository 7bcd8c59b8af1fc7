import { domainToASCII } from 'node:url';
import { z } from 'zod';
import { prepared } from './passwords.js';

/** zod's own, with domains of countries that write in other alphabets: `xn--...`. */
const ADDRESS =
  /^(?!\.)(?!.*\.\.)[A-Za-z0-9_'+\-.]*[A-Za-z0-9_+-]@([A-Za-z0-9][A-Za-z0-9-]*\.)+([A-Za-z]{2,}|xn--[A-Za-z0-9-]+)$/;

/** Without blanks around it, and its domain as the DNS knows it: `bücher.example` is `xn--bcher-kva.example`. */
function inOneForm(typed: string): string {
  const address = typed.trim();
  const domain = address.lastIndexOf('@') + 1;
  return /^[\x21-\x7e]*$/.test(address)
    ? address
    : address.slice(0, domain) + domainToASCII(address.slice(domain));
}

export const Email = z
  .string()
  .overwrite(inOneForm)
  .regex(ADDRESS, 'must be an e-mail address')
  .max(254, 'must have at most 254 characters')
  .toLowerCase()
  .meta({ format: 'email' });

const MAX_LENGTH = 200;
const lengthOf = (password: string): number => [...password].length;

/** A password on its way in. Also one from before the rules below must be able to open its account. */
export const Password = z
  .string()
  .min(1, 'must have at least 1 character')
  .refine(
    (password) => password.length <= MAX_LENGTH || lengthOf(prepared(password)) <= MAX_LENGTH,
    `must have at most ${MAX_LENGTH} characters`,
  )
  .meta({ format: 'password', maxLength: MAX_LENGTH });

/** A password that somebody chooses, prepared (`passwords.ts`). Its length is counted in code points. */
export const NewPassword = z
  .string()
  .overwrite(prepared)
  .refine(
    (password) => password.isWellFormed() && !/[\p{Cc}\p{Zl}\p{Zp}\p{NChar}]/u.test(password),
    'must hold no control characters and no half of a surrogate pair',
  )
  .refine((password) => lengthOf(password) >= 8, 'must have at least 8 characters')
  .refine((password) => lengthOf(password) <= MAX_LENGTH, `must have at most ${MAX_LENGTH} characters`)
  .meta({ format: 'password', minLength: 8, maxLength: MAX_LENGTH });
