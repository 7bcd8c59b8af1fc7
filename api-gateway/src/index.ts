/** For `npm run docs` and tests: what the gateway serves, without a gateway, scopes, settings of payment providers' calls. */
export { PRESETS } from './auth/scopes.js';
export { asyncApiDocument } from './description/asyncapi.js';
export { openApiDocument } from './openapi-document.js';
export { callbackSettings } from './payments/index.js';
export { PROBLEM_MEANINGS } from './problems/problem-meanings.js';
export { accessPage } from './routes/access-page.js';
