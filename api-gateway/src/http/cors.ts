import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { z } from 'zod';

/** `https://shop.example,https://admin.example`: exactly these, since a named origin may read all answers. */
export const Origins = z.string().transform((text, context) =>
  text.split(',').map((part) => {
    const origin = part.trim();
    const url = URL.parse(origin);
    if (url?.origin !== origin || !/^https?:$/.test(url.protocol) || url.host.includes('*'))
      context.addIssue({
        code: 'custom',
        message: `"${origin}" is no origin like https://shop.example: scheme and host, the port if it is another one, no path`,
      });
    return origin;
  }),
);

const A_WHILE_S = 600;

/** Lets pages of these origins call the API; without any the headers of CORS are never sent. Cookies are not in use. */
export function allowOrigins(app: NestFastifyApplication, origins: readonly string[]): void {
  if (origins.length === 0) return;
  app.enableCors({
    // A list and no function or pattern: it is compared as it stands.
    origin: [...origins],
    methods: ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE'],
    allowedHeaders: [
      'Authorization',
      'Content-Type',
      'Idempotency-Key',
      'If-None-Match',
      'X-Correlation-Id',
      'traceparent',
    ],
    exposedHeaders: [
      'ETag',
      'Location',
      'X-Correlation-Id',
      'RateLimit',
      'RateLimit-Policy',
      'Retry-After',
      'Idempotent-Replayed',
    ],
    credentials: false,
    maxAge: A_WHILE_S,
    strictPreflight: false,
  });
}
