import { plainJson } from '@comanda/contracts';
import { type Logger, pino } from 'pino';

/**
 * Standard output, written at once. At exit, pino's own destination tries for ever to write its remaining lines when
 * nobody reads them any more: a service whose launcher was killed would never end.
 */
const standardOutput = { write: (line: string): void => void process.stdout.write(line) };
// The service keeps working when nobody reads its log any more.
process.stdout.on('error', () => undefined);

/**
 * One JSON object a line on stdout: `time`, `level`, `service`, `msg` and the ids that the line is about. What a stranger
 * wrote makes no further line, whatever program reads it.
 */
export function createLogger(service: string, level: string): Logger {
  return pino(
    {
      level,
      base: { service },
      timestamp: pino.stdTimeFunctions.isoTime,
      hooks: { streamWrite: plainJson },
      redact: {
        paths: ['req.headers.authorization', 'req.headers["x-api-key"]', 'req.headers.cookie'],
        censor: '[redacted]',
      },
    },
    standardOutput,
  );
}
