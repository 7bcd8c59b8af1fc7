import { StandardSchemaValidationPipe } from '@nestjs/common';
import { z } from 'zod';
import { pathText } from './path-text.js';
import { type FieldError, Problem } from './problem.js';

/** What zod's issues have in common with those of any Standard Schema. */
interface Issue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/**
 * Validates what `@Body({ schema })`, `@Query({ schema })` and `@Param({ schema })` name, and gives the parsed value.
 */
export const validation = (): StandardSchemaValidationPipe =>
  new StandardSchemaValidationPipe({ exceptionFactory: invalidRequest });

/** How many mistakes a problem lists at most. */
const MAX_ERRORS = 50;

export const invalidRequest = (issues: readonly Issue[]): Problem =>
  invalidFields(issues.flatMap((issue) => fieldErrors(issue, [])));

export const invalidFields = (errors: readonly FieldError[]): Problem =>
  new Problem(400, 'INVALID_REQUEST', 'The request is not valid: see errors.', {
    errors: errors.slice(0, MAX_ERRORS),
  });

// zod's own words say what it saw; ours say what to do about it.
z.config({
  customError: (issue) => {
    if (issue.input === undefined && issue.code !== 'unrecognized_keys') return 'is required';
    if (issue.code === 'invalid_type') return `must be ${article(issue.expected)}`;
    return undefined;
  },
});

const article = (type: string): string =>
  type === 'int' ? 'a whole number' : /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`;

function fieldErrors(issue: Issue, parents: readonly PropertyKey[]): FieldError[] {
  const path = [
    ...parents,
    ...(issue.path ?? []).map((part) => (typeof part === 'object' ? part.key : part)),
  ];
  if (!isZodIssue(issue)) return [{ path: pathText(path), message: issue.message }];
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({
      path: pathText([...path, key]),
      message: 'is not a known field; leave it out',
    }));
  if (issue.code === 'invalid_union' && issue.errors.length > 0)
    return closest(issue.errors).flatMap((inner) => fieldErrors(inner, path));
  return [{ path: pathText(path), message: issue.message }];
}

/** Of several forms that a value may have, the one that was probably meant: it knows most of the fields. */
function closest(alternatives: readonly (readonly z.core.$ZodIssue[])[]): readonly z.core.$ZodIssue[] {
  const distance = (issues: readonly z.core.$ZodIssue[]) =>
    issues.length +
    issues.reduce(
      (sum, issue) => sum + (issue.code === 'unrecognized_keys' ? 100 * issue.keys.length : 0),
      0,
    );
  return alternatives.toSorted((one, other) => distance(one) - distance(other))[0] ?? [];
}

const isZodIssue = (issue: Issue): issue is z.core.$ZodIssue => 'code' in issue && Array.isArray(issue.path);
