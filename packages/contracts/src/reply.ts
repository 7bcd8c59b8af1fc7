import { z } from 'zod';
import { Word } from './ids.js';
import type { ProblemCode } from './problem-codes.js';
import { StoredText } from './text.js';

/**
 * Why a service refused a command or query: an expected failure, which the gateway answers as a problem of that status.
 * `code` is for programs; `detail` tells people what to change.
 */
export const Refusal = z.object({
  status: z.number().int().min(400).max(599),
  code: Word,
  detail: StoredText,
  errors: z.array(z.object({ path: Word, message: StoredText })).optional(),
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
