import { z } from 'zod';

/**
 * What is said of a value that does not fit its schema, wherever zod would use its own words: to clients, operators and
 * in dead letters. zod says what it saw; this says what to send. A message that stands in a schema is used as it is.
 */
function problemWords(issue: z.core.$ZodRawIssue): string {
  // Of a field that is not there every kind of issue says the same.
  if (issue.input === undefined && issue.code !== 'unrecognized_keys') return 'is required';
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${issue.schema instanceof z.ZodNumber ? numberOf(issue.schema) : typeNamed(issue.expected)}`;
    case 'invalid_value':
      return oneOf(issue.values);
    case 'too_big':
      return bounded(
        issue,
        issue.exact ? 'exactly' : issue.inclusive ? 'at most' : 'less than',
        issue.maximum,
      );
    case 'too_small':
      return bounded(
        issue,
        issue.exact ? 'exactly' : issue.inclusive ? 'at least' : 'more than',
        issue.minimum,
      );
    case 'invalid_format':
      return `must be ${FORMATS[issue.format] ?? `of the form ${issue.pattern ?? issue.format}`}`;
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`;
    case 'unrecognized_keys':
      return `is not a known field; ${knownFields(issue.schema)}`;
    case 'invalid_union':
      return oneOf(issue.options);
    case 'invalid_key':
    case 'invalid_element':
      return `holds what does not fit: ${issue.issues[0]?.message ?? 'see the documentation'}`;
    case 'custom':
      return 'is not allowed here';
  }
}

z.config({ customError: problemWords });

const TYPES: Readonly<Record<string, string>> = {
  string: 'a string',
  boolean: 'true or false',
  array: 'an array',
  object: 'an object',
  record: 'an object',
  int: 'a whole number',
  null: 'null',
};

const typeNamed = (type: string): string => TYPES[type] ?? `a ${type}`;

const FORMATS: Readonly<Record<string, string>> = {
  uuid: 'a UUID such as 0190a000-0000-7000-8000-000000000001',
  email: 'an e-mail address such as name@example.org',
  url: 'a URL such as https://example.org/path',
  datetime: 'an RFC 3339 time such as 2026-01-31T12:00:00Z',
};

/** `a whole number from 1 to 100` */
function numberOf({ isInt, minValue, maxValue }: z.ZodNumber): string {
  const from = minValue !== null && minValue > Number.MIN_SAFE_INTEGER ? ` from ${minValue}` : '';
  // To where a double is exact, when there is no other end.
  const to =
    maxValue === null || (from === '' && maxValue >= Number.MAX_SAFE_INTEGER) ? '' : ` to ${maxValue}`;
  return `${isInt ? 'a whole number' : 'a number'}${from}${Number.isFinite(maxValue) ? to : ''}`;
}

/** `must have at most 500 characters; this has 612` */
function bounded(
  { input, schema }: z.core.$ZodRawIssue<z.core.$ZodIssueTooBig | z.core.$ZodIssueTooSmall>,
  limit: string,
  bound: number | bigint,
): string {
  if (schema instanceof z.ZodNumber) return `must be ${numberOf(schema)}`;
  const [unit, size] =
    typeof input === 'string'
      ? ['characters', [...input].length]
      : Array.isArray(input)
        ? ['items', input.length]
        : [undefined, undefined];
  if (unit === undefined) return `must be ${limit} ${bound}`;
  return size === 0 && bound === 1
    ? 'must not be empty'
    : `must have ${limit} ${bound} ${unit}; this has ${size}`;
}

function oneOf(values: unknown): string {
  const named = Array.isArray(values) ? values.map(String) : [];
  return named.length > 1
    ? `must be one of: ${named.join(', ')}`
    : `must be ${named[0] ?? 'of another form: see /docs'}`;
}

const knownFields = (schema: unknown): string => {
  const known = schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
  return known.length > 0 ? `known are ${known.join(', ')}` : 'none is known here';
};
