import { z } from 'zod';
import type { ProblemCode } from './problem-codes.js';

/**
 * Why a service refused a command or query: an expected failure, which the gateway answers as a problem of that status.
 * `code` is for programs; `detail` tells people what to change.
 */
export const Refusal = z.object({
  status: z.number().int().min(400).max(599),
  code: z.string(),
  detail: z.string(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
});
export type Refusal = z.infer<typeof Refusal>;

/** The answer that travels back to the caller. */
export const Reply = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), result: z.unknown() }),
  z.object({ ok: z.literal(false), refusal: Refusal }),
]);
export type Reply = z.infer<typeof Reply>;

export const refuse = (
  status: number,
  code: ProblemCode,
  detail: string,
  errors?: Refusal['errors'],
): Reply => ({
  ok: false,
  refusal: { status, code, detail, ...(errors && { errors }) },
});

export const accept = (result: unknown): Reply => ({ ok: true, result });
