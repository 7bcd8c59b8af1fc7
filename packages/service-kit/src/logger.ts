import { type Logger, pino } from 'pino';

/** One JSON object a line on stdout: `time`, `level`, `service`, `msg` and the ids that the line is about. */
export function createLogger(service: string, level: string): Logger {
  return pino({
    level,
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: {
      paths: ['req.headers.authorization', 'req.headers["x-api-key"]', 'req.headers.cookie'],
      censor: '[redacted]',
    },
  });
}
