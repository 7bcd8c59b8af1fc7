/** What the tests of several packages share: folders, child processes, the addresses of the test servers. */
export { anEnvelope, aQuery } from './an-envelope.js';
export { Child } from './child.js';
export { runMain } from './child-main.js';
export { onPostgres, testDatabaseUrl } from './database-url.js';
export { dereferenced } from './dereferenced.js';
export { type AnsweredRequest, DescribedApi, NotDescribed } from './described-api.js';
export { EventReader, type ReadEvent } from './event-reader.js';
export { FreshVhosts } from './fresh-vhosts.js';
export { HttpServer } from './http-server.js';
export {
  type ApiOperation,
  type JsonSchema,
  type OpenApiDocument,
  operationsOf,
  sampleOf,
  spoiltBodies,
} from './openapi-samples.js';
export { RawBroker } from './raw-broker.js';
export { answersIn, type RawAnswer, rawExchange } from './raw-http.js';
export { type Line, RecordingLogger } from './recording-logger.js';
export { runScript } from './run-typescript.js';
export {
  addingVhosts,
  Folder,
  freshVhost,
  rabbitmqctl,
  rabbitUrl,
  redisUrl,
  type Vhost,
  vhost,
} from './servers.js';
export { strictLogger } from './strict-logger.js';
export { openTestDatabase } from './test-database.js';
export { thrownBy } from './thrown-by.js';
export { TokenSigner } from './token-signer.js';
