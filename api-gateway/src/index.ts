/** For `npm run docs`: what the gateway serves, without a gateway. */
export { openApiDocument } from './openapi-document.js';
