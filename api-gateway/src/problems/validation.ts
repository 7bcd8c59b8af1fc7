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

export const invalidRequest = (issues: readonly Issue[]): Problem => invalidFields(fieldErrorsOf(issues, []));

export const invalidFields = (errors: readonly FieldError[]): Problem =>
  new Problem(400, 'INVALID_REQUEST', 'The request is not valid: see errors.', {
    errors: errors.slice(0, MAX_ERRORS),
  });

/** What is of another type has no length either: of that nothing more is said. */
function fieldErrorsOf(issues: readonly Issue[], parents: readonly PropertyKey[]): FieldError[] {
  const keyOf = ({ path = [] }: Issue) => path.map(String).join('.');
  const mistyped = new Set(
    issues.filter((issue) => isZodIssue(issue) && issue.code === 'invalid_type').map(keyOf),
  );
  return issues
    .filter((issue) => !(isZodIssue(issue) && issue.code.startsWith('too_') && mistyped.has(keyOf(issue))))
    .flatMap((issue) => fieldErrors(issue, parents));
}

function fieldErrors(issue: Issue, parents: readonly PropertyKey[]): FieldError[] {
  const path = [
    ...parents,
    ...(issue.path ?? []).map((part) => (typeof part === 'object' ? part.key : part)),
  ];
  if (!isZodIssue(issue)) return [{ path: pathText(path), message: issue.message }];
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ path: pathText([...path, key]), message: issue.message }));
  if (issue.code === 'invalid_union' && issue.errors.length > 0)
    return fieldErrorsOf(closest(issue.errors), path);
  return [{ path: pathText(path), message: path.length > 0 ? issue.message : `the body ${issue.message}` }];
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
