// Verifies a delivery proof offline, with Node alone: node delivery-proof.mjs PROOF KEYS [BODY...]
//   PROOF  a file with the proof: the text at `proof` of GET /api/v1/orders/{orderId}/delivery-proof
//   KEYS   a file with GET /.well-known/delivery-proof-keys.json, from the shop itself or from somebody you trust
//   BODY   files with bodies of webhooks as they came in
// It prints what the proof says of each body, and then the whole statement. Exit code 1: do not believe it.
import { createHash, createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';

const [proofFile, keysFile, ...bodyFiles] = process.argv.slice(2);
const [header, payload, signature, ...more] = readFileSync(proofFile, 'utf8').trim().split('.');
const decoded = (part) => Buffer.from(part ?? '', 'base64url');

const { alg, typ, kid } = JSON.parse(decoded(header).toString());
if (alg !== 'EdDSA' || typ !== 'delivery-proof+jws' || more.length > 0) fail('this is no delivery proof');
const jwk = JSON.parse(readFileSync(keysFile, 'utf8')).keys.find((key) => key.kid === kid);
if (jwk === undefined) fail(`the shop has published no key ${kid}`);
const publicKey = createPublicKey({ key: jwk, format: 'jwk' });
if (!verify(null, Buffer.from(`${header}.${payload}`), publicKey, decoded(signature)))
  fail('the signature does not hold: somebody has changed it, or another key signed it');

const statement = JSON.parse(decoded(payload).toString());
for (const file of bodyFiles) {
  const bodySha256 = createHash('sha256').update(readFileSync(file)).digest('hex');
  const event = statement.events.find((one) => one.bodySha256 === bodySha256);
  if (event === undefined) fail(`${file}: no event of this order has this body`);
  console.log(`${file}: ${event.type} ${event.eventId}`);
}
console.log(JSON.stringify(statement, null, 2));

function fail(why) {
  console.error(why);
  process.exit(1);
}
