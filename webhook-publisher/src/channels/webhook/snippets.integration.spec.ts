import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { useFolder } from '@comanda/test-kit/hooks';
import { describe, expect, test } from '@jest/globals';
import { newPrivateKey, publicKeyOf } from './key-pair.js';
import { newSharedSecret, type SigningSecret, signedHeaders } from './signature.js';

const page = readFileSync(join(import.meta.dirname, '../../../../docs/webhooks.md'), 'utf8');
/** The receivers on the page for integrators, in the order in which they stand there. */
const receivers = [...page.matchAll(/^```(\w+)\n(.*?)^```/gms)]
  .map(([, language = '', code = '']) => ({ language, code }))
  .filter(({ code }) => code.includes('receive('));
const snippetsIn = (wanted: string) =>
  receivers.filter(({ language }) => language === wanted).map(({ code }) => code);

const folder = useFolder();

interface Snippet {
  readonly name: string;
  readonly code: string;
  /** Succeeds where the language, and the library if it takes one, are installed. */
  readonly needs: readonly [program: string, ...args: string[]];
  /** `main` reads webhooks from its input, one a line, and writes what the snippet answers. */
  readonly program: (code: string) => string;
  readonly file: string;
  readonly run: (file: string) => readonly [program: string, ...args: string[]];
}

const FIELDS = ['webhook-id', 'webhook-timestamp', 'webhook-signature'];

const javascript = {
  needs: [process.execPath, '--version'],
  file: 'receive.mjs',
  // As an argument, so that packages are found from here and not from a temporary folder.
  run: (file) => [process.execPath, '--input-type=module', '--eval', readFileSync(file, 'utf8')],
  program: (code) => `${code}
    import { createInterface } from 'node:readline';
    for await (const line of createInterface({ input: process.stdin })) {
      const values = line.split('\\t');
      const body = Buffer.from(values.pop(), 'base64');
      // A header that is not there has no name either.
      const headers = ${JSON.stringify(FIELDS)}.map((name, at) => [name, values[at]]).filter(([, value]) => value);
      console.log(receive(body, Object.fromEntries(headers)));
    }`,
} satisfies Partial<Snippet>;

const python = {
  file: 'receive.py',
  run: (file) => ['python3', file],
  program: (code) => `${code}
import base64, sys
for line in sys.stdin:
    *values, body = line.rstrip("\\n").split("\\t")
    print(receive(base64.b64decode(body), dict(zip(${JSON.stringify(FIELDS)}, values))))
`,
} satisfies Partial<Snippet>;

/** Java starts the first class of a file, so the one that is begun goes before the receiver. */
const java = (received: string) =>
  ({
    file: 'Main.java',
    run: (file) => ['java', file],
    program: (code) =>
      code.replace(
        /^class Receiver/m,
        `class Main {
          public static void main(String[] args) throws Exception {
            Receiver receiver = new Receiver(System.getenv("WEBHOOK_SECRET"));
            for (String line; (line = IN.readLine()) != null; ) {
              String[] fields = line.split("\\t");
              byte[] body = java.util.Base64.getDecoder().decode(fields[3]);
              System.out.println(receiver.receive(${received}));
            }
          }
          static final java.io.BufferedReader IN =
            new java.io.BufferedReader(new java.io.InputStreamReader(System.in));
        }
        class Receiver`,
      ),
  }) satisfies Partial<Snippet>;

const php = {
  file: 'receive.php',
  run: (file) => ['php', file],
  program: (code) => `${code}
    ini_set('display_errors', 'stderr');
    while (($line = fgets(STDIN)) !== false) {
      $fields = explode("\\t", rtrim($line, "\\n"));
      $body = base64_decode(array_pop($fields));
      echo receive($body, array_combine(${JSON.stringify(FIELDS)}, $fields)), "\\n";
    }`,
} satisfies Partial<Snippet>;

const ruby = {
  file: 'receive.rb',
  run: (file) => ['ruby', file],
  program: (code) => `${code}
require 'base64'
STDIN.each_line do |line|
  *values, body = line.chomp.split("\\t")
  puts receive(Base64.decode64(body).force_encoding('UTF-8'), ${JSON.stringify(FIELDS)}.zip(values).to_h)
end
`,
} satisfies Partial<Snippet>;

const [withLibrary = '', withPublicKey = ''] = snippetsIn('js');
const [pythonLibrary = '', pythonAlone = ''] = snippetsIn('python');
const [javaLibrary = '', javaAlone = ''] = snippetsIn('java');
const headersOfJava = FIELDS.map((name, at) => `"${name}", List.of(fields[${at}])`).join(', ');

const SNIPPETS: readonly Snippet[] = [
  { name: 'JavaScript', code: withLibrary, ...javascript },
  {
    name: 'Python with the library',
    code: pythonLibrary,
    ...python,
    needs: ['python3', '-c', 'import standardwebhooks.webhooks'],
  },
  {
    name: 'Python without a library',
    code: pythonAlone,
    ...python,
    needs: ['python3', '-c', 'import sys; sys.exit(sys.version_info < (3, 9))'],
  },
  {
    name: 'Java with the library',
    code: javaLibrary,
    ...java(`new String(body, java.nio.charset.StandardCharsets.UTF_8), Map.of(${headersOfJava})`),
    needs: ['javap', 'com.standardwebhooks.Webhook'],
  },
  {
    name: 'Java without a library',
    code: javaAlone,
    ...java('fields[0], fields[1], fields[2], body'),
    needs: ['javac', '--version'],
  },
  {
    name: 'PHP with the library',
    code: snippetsIn('php')[0] ?? '',
    ...php,
    needs: [
      'php',
      '-r',
      "require 'vendor/autoload.php'; exit((int) !class_exists('StandardWebhooks\\Webhook'));",
    ],
  },
  {
    name: 'Ruby with the library',
    code: snippetsIn('ruby')[0] ?? '',
    ...ruby,
    needs: ['ruby', '-e', "require 'standardwebhooks'"],
  },
];

const isThere = ([program, ...args]: Snippet['needs']) => spawnSync(program, args).status === 0;

const event = { id: 'evt-1', body: '{"id":"evt-1","type":"order.confirmed","data":{"note":"café ☕"}}' };
const seconds = (count: number) => count * 1_000;

/** One webhook a line, as our publisher signs it, and what must be answered. */
function webhooksFor(own: SigningSecret, other: SigningSecret) {
  const now = Date.now();
  const line = (headers: Record<string, string>, body: string) =>
    [...FIELDS.map((name) => headers[name]), Buffer.from(body).toString('base64')].join('\t');
  const signed = (secrets: readonly SigningSecret[], at = now) => signedHeaders(event, secrets, at);
  const good = signed([own]);
  return [
    ['as it was sent', 204, line(good, event.body)],
    ['signed by the new secret and by the one before', 204, line(signed([other, own]), event.body)],
    ['late, by less than is allowed', 204, line(signed([own], now - seconds(200)), event.body)],
    ['with another body', 401, line(good, event.body.replace('confirmed', 'cancelled'))],
    ['with another id', 401, line({ ...good, 'webhook-id': 'evt-2' }, event.body)],
    ['without a signature', 401, line({ ...good, 'webhook-signature': '' }, event.body)],
    ['signed by another', 401, line(signed([other]), event.body)],
    ['of an hour ago', 401, line(signed([own], now - seconds(3_600)), event.body)],
    ['of the next hour', 401, line(signed([own], now + seconds(3_600)), event.body)],
    [
      'of a timestamp that was moved',
      401,
      line({ ...good, 'webhook-timestamp': String(Math.floor(now / 1_000) + 5) }, event.body),
    ],
  ] as const;
}

/** Runs the code of the page; each webhook by its name with what was answered. */
function answers(snippet: Snippet, webhooks: ReturnType<typeof webhooksFor>, secret: Record<string, string>) {
  const file = folder.file(snippet.file);
  writeFileSync(file, snippet.program(snippet.code));
  const [program, ...args] = snippet.run(file);
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd: import.meta.dirname,
    encoding: 'utf8',
    env: { ...process.env, ...secret },
    input: `${webhooks.map(([, , line]) => line).join('\n')}\n`,
  });
  if (status !== 0) throw new Error(`${snippet.name} ended with ${status}: ${stderr}`);
  const statuses = stdout.trim().split('\n');
  expect(statuses).toHaveLength(webhooks.length);
  return webhooks.map(([name], at) => [name, Number(statuses[at])]);
}

const expected = (webhooks: ReturnType<typeof webhooksFor>) =>
  webhooks.map(([name, status]) => [name, status]);

describe('what integrators copy from docs/webhooks.md', () => {
  test('is all run here', () => {
    expect(receivers.map(({ language }) => language).sort()).toEqual([
      'java',
      'java',
      'js',
      'js',
      'php',
      'python',
      'python',
      'ruby',
    ]);
  });

  // What is skipped lacks its language or library on this machine; the page says that this may be.
  for (const snippet of SNIPPETS)
    (isThere(snippet.needs) ? test : test.skip)(
      `${snippet.name} takes what was sent, and refuses what was forged or is old`,
      () => {
        const [own, other] = [newSharedSecret(randomBytes(32)), newSharedSecret(randomBytes(32))];
        const webhooks = webhooksFor(own, other);
        expect(answers(snippet, webhooks, { WEBHOOK_SECRET: own })).toEqual(expected(webhooks));
      },
    );

  test('JavaScript for v1a does so with a public key', () => {
    const [own, other] = [newPrivateKey(randomBytes(32)), newPrivateKey(randomBytes(32))];
    const webhooks = webhooksFor(own, other);
    const snippet = { name: 'JavaScript for v1a', code: withPublicKey, ...javascript };
    expect(answers(snippet, webhooks, { WEBHOOK_PUBLIC_KEY: publicKeyOf(own) })).toEqual(expected(webhooks));
  });
});
