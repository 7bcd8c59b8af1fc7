// The rules of Spectral for docs/openapi.json: what it recommends, and all of OWASP's. Each exception has its reason.
import owasp from '@stoplight/spectral-owasp-ruleset';
import rulesets from '@stoplight/spectral-rulesets';

/** A rule for what clients send. Answers are ours, and as long as what they tell. */
const ofRequests = (rule, type, then = owasp.rules[rule].then) => ({
  ...owasp.rules[rule],
  given: [
    `$.paths[*][*].requestBody.content..schema..[?(@ && @.type=='${type}')]`,
    `$.paths[*][*].parameters[*].schema[?(@ && @.type=='${type}')]`,
  ],
  then,
});

/** Also what has a pattern is bounded: ours count their characters. So is a time: it has at most 64. */
const { functionOptions, ...bounded } = owasp.rules['owasp:api4:2023-string-limit'].then;
const boundedByPattern = {
  ...bounded,
  functionOptions: {
    schema: {
      ...functionOptions.schema,
      anyOf: [
        ...functionOptions.schema.anyOf,
        { required: ['pattern'] },
        { required: ['format'], properties: { format: { const: 'date-time' } } },
      ],
    },
  },
};

const off = (rules, pointers) => ({
  files: pointers.map((pointer) => `docs/openapi.json#${pointer}`),
  rules: Object.fromEntries(rules.map((rule) => [rule, 'off'])),
});
const operation = (path, method) => `/paths/${path.replaceAll('/', '~1')}/${method}`;
const response = (name) => `/components/responses/${name}`;

export default {
  extends: [
    [rulesets.oas, 'recommended'],
    [owasp, 'all'],
  ],
  rules: {
    'oas3-parameter-description': 'warn',
    // A summary that says all needs no second sentence that says it again.
    'operation-description': 'off',
    // It knows OpenAPI 3.0 alone: since 3.1 a requirement of a bearer token may name what the token must allow.
    'oas3-operation-security-defined': 'off',
    // Only where CORS_ORIGINS names origins do answers have it.
    'owasp:api8:2023-define-cors-origin': 'off',
    'owasp:api4:2023-string-limit': ofRequests('owasp:api4:2023-string-limit', 'string', boundedByPattern),
    'owasp:api4:2023-array-limit': ofRequests('owasp:api4:2023-array-limit', 'array'),
    // People write names and reasons in any alphabet; what programs write has a pattern.
    'owasp:api4:2023-string-restricted': 'off',
  },
  overrides: [
    // Who logs in has no token yet, or one that has expired; Stripe's calls are signed; public keys are public.
    off(
      [
        'owasp:api2:2023-write-restricted',
        'owasp:api2:2023-read-restricted',
        'owasp:api8:2023-define-error-responses-401',
      ],
      [
        operation('/api/v1/auth/token', 'post'),
        operation('/api/v1/auth/register', 'post'),
        operation('/api/v1/auth/accept-invitation', 'post'),
        operation('/api/v1/auth/refresh', 'post'),
        operation('/api/v1/auth/logout', 'post'),
        operation('/api/v1/payment-callbacks/stripe', 'post'),
        operation('/api/v1/sms-callbacks/twilio', 'post'),
        operation('/.well-known/jwks.json', 'get'),
        operation('/.well-known/delivery-proof-keys.json', 'get'),
      ],
    ),
    // Refused before anybody looks at who asks, and so not counted.
    off(
      ['owasp:api4:2023-rate-limit'],
      [
        'BodyTooLarge',
        'NotLoopback',
        'RequestHeaderFieldsTooLarge',
        'RequestTimeout',
        'UnsupportedMediaType',
        'UrlTooLong',
      ].map(response),
    ),
    // All of it together has at most 8 KiB.
    off(['owasp:api4:2023-string-limit'], ['/components/schemas/MyChange/properties/preferences']),
    // These examples show a schema and its example, which the rule takes for parts of this document.
    off(
      ['oas3-valid-schema-example'],
      [
        '/components/schemas/EventTypeDescription',
        '/components/schemas/EventTypeList',
        operation('/api/v1/event-types', 'get'),
      ],
    ),
  ],
};
