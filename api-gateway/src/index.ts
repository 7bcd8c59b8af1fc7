/** For `npm run docs`: what the gateway serves, without a gateway, and the settings of payment providers' calls. */
export { openApiDocument } from './openapi-document.js';
export { callbackSettings } from './payments/index.js';
