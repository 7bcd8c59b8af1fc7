import { armCrash, crashPointOf, FAILPOINTS } from '@comanda/messaging';
import { z } from 'zod';
import { readSettings } from './settings.js';

/**
 * A hook for tests: `COMANDA_CRASH_AT=<failpoint>[@<type>][:<n>]` makes a service kill itself at one exact place of a
 * message's life (see `failpoints.ts` in messaging), the n-th time that it comes there.
 */
const CrashConfig = z
  .object({
    COMANDA_CRASH_AT: z
      .string()
      .transform((text, problems) => {
        const point = crashPointOf(text);
        if (point === undefined)
          problems.addIssue({
            code: 'custom',
            message: `must be <failpoint>[@<type>][:<n>], the failpoints are ${FAILPOINTS.join(', ')}`,
          });
        return point;
      })
      .optional(),
    NODE_ENV: z.string().optional(),
  })
  .refine((set) => set.COMANDA_CRASH_AT === undefined || set.NODE_ENV !== 'production', {
    path: ['COMANDA_CRASH_AT'],
    message: 'kills the service, for tests; unset it, or NODE_ENV must not be production',
    // Reported for an unknown failpoint as well: in production the only remedy is to unset the variable.
    when: () => true,
  });

/** Arms the crash point, if there is one. Throws `ConfigurationError`. */
export function armCrashPoint(environment: Record<string, string | undefined>): void {
  const { COMANDA_CRASH_AT: point } = readSettings(CrashConfig, environment);
  if (point !== undefined) armCrash(point);
}
