import { readFileSync } from 'node:fs';
import { until } from '@comanda/kit';
import { MailServer, type MailServerOptions } from '@comanda/stand-ins';
import { Folder } from '@comanda/test-kit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { makeCertificates } from '../../../../test/support/certificates.js';
import type { AttemptResult } from '../../domain/attempt-result.js';
import { nextStep } from '../../domain/delivery-outcome.js';
import { SecretVault } from '../../storage/secret-vault.js';
import { ScriptedMailServer } from '../../testing/scripted-mail-server.js';
import { openChannels } from '../index.js';
import { SmtpFrom, SmtpUrl } from './smtp-settings.js';

const NOW = Date.parse('2027-02-02T00:00:00.000Z');
const row = { tenantId: 'default', subscriptionId: '0192d1a4-a000-7000-8000-00000000d001' };
const eventId = '0192d1a4-9000-7000-8000-00000000e001';
const login = { user: 'comanda@example.com', password: 'the/password of: it' };
const LOGIN = `${encodeURIComponent(login.user)}:${encodeURIComponent(login.password)}@`;

const channel = (url: string, timeoutMs = 5_000) =>
  openChannels(
    {
      ...{
        COMANDA_DEMO: false,
        WEBHOOK_TIMEOUT_MS: timeoutMs,
        TELEGRAM_API_ROOT: 'http://127.0.0.1:1',
        TELEGRAM_COMMANDS: false,
        SLACK_WEBHOOK_ROOT: 'http://127.0.0.1:1',
        TWILIO_API_BASE: 'http://127.0.0.1:1',
      },
      SMTP_URL: SmtpUrl.parse(url),
      SMTP_FROM: SmtpFrom.parse('Comanda <orders@example.com>'),
    },
    {
      vault: new SecretVault({ id: 'one', key: 'a key of the vault in these tests' }),
      clock: () => new Date(NOW),
    },
  ).email;

const cancelled = { orderId: 'o-1', reason: 'a & b', by: 'staff' };
const send = (url: string, { target = 'ana@example.org', data = cancelled, timeoutMs = 5_000 } = {}) =>
  channel(url, timeoutMs).send({
    ...{
      row,
      target,
      deliveryId: 'd-1',
      language: 'en' as const,
      secrets: null,
      eventId,
      type: 'order.cancelled',
      correlationId: null,
    },
    body: JSON.stringify({ id: eventId, timestamp: '2027-02-01T08:00:00.000Z', data }),
  });
const stepAfter = (result: AttemptResult) =>
  nextStep(result, {
    ...{ failures: 0, skipped: 0, moved: false, scheduleSeconds: [1], now: NOW },
    random: () => 0.5,
  });

describe('mail, at a server that others wrote,', () => {
  let folder: Folder;
  let ca: string;
  let otherCa: string;
  let tls: { readonly key: Buffer; readonly cert: Buffer };
  beforeAll(() => {
    folder = new Folder();
    const made = makeCertificates(folder.file(''), 'localhost');
    ({ ca, otherCa } = made);
    tls = { key: readFileSync(made.key), cert: readFileSync(made.certificate) };
  });
  afterAll(() => folder.remove());

  let server: MailServer;
  const start = async (options?: MailServerOptions) => {
    server = await MailServer.start(options);
  };
  afterEach(() => server.stop());

  test('has a text and an HTML part, says who, to whom, what and when, and is marked as automatic', async () => {
    await start();
    const result = await send(server.url);
    expect(result).toEqual({
      kind: 'response',
      status: 250,
      body: expect.stringContaining('taken'),
      durationMs: expect.any(Number),
    });
    expect(server.mails).toHaveLength(1);
    const [mail] = server.mails;
    expect(mail).toMatchObject({ from: 'orders@example.com', to: ['ana@example.org'], secure: false });
    expect(mail?.parsed).toMatchObject({
      from: { value: [{ name: 'Comanda', address: 'orders@example.com' }] },
      to: { value: [{ address: 'ana@example.org' }] },
      subject: 'Order cancelled: Order o-1, by staff',
      messageId: `<${eventId}.${row.subscriptionId}@example.com>`,
      date: new Date('2027-02-01T08:00:00.000Z'),
      text: 'Order cancelled\n\nOrder o-1, by staff\nReason: a & b\n',
      html: expect.stringContaining(
        'Order <code>o-1</code>, by staff</p>\n<p style="margin:0">Reason: a &amp; b',
      ),
    });
    expect(mail?.parsed.headers.get('auto-submitted')).toBe('auto-generated');
    expect(mail?.parsed.attachments).toEqual([]);
  });

  test('carries what a stranger wrote in its line, and nowhere else', async () => {
    await start();
    const evil = 'x\r\nBcc: eve@example.net\r\n\r\n<script>"&';
    await send(server.url, { data: { orderId: evil, reason: evil, by: evil } });
    const [mail] = server.mails;
    expect(mail?.to).toEqual(['ana@example.org']);
    expect(mail?.parsed.bcc).toBeUndefined();
    expect([...(mail?.parsed.headers.keys() ?? [])].sort()).toEqual([
      ...['auto-submitted', 'content-type', 'date', 'from', 'message-id', 'mime-version', 'subject', 'to'],
    ]);
    expect(mail?.parsed.subject).toBe(
      `Order cancelled: Order x Bcc: eve@example.net <script>"&, by x Bcc: eve@example.net <script>"&`.replaceAll(
        '  ',
        ' ',
      ),
    );
    expect(mail?.parsed.text?.trimEnd().split('\n')).toHaveLength(4);
    expect(mail?.parsed.html).not.toMatch(/<script/);
  });

  test.each([
    ['STARTTLS', (port: number) => `smtp://${LOGIN}localhost:${port}?requireTLS=true`, false],
    ['TLS from the start', (port: number) => `smtps://${LOGIN}localhost:${port}?`, true],
  ])(
    'goes over %s with its log-in, to a server whose certificate holds',
    async (_what, url, fromTheStart) => {
      await start({ tls: { ...tls, fromTheStart }, login });
      expect(await send(`${url(server.port)}&cacertfile=${ca}`)).toMatchObject({ status: 250 });
      expect(server.mails).toMatchObject([{ secure: true, user: login.user }]);
    },
  );

  test.each([
    ['STARTTLS', (port: number) => `smtp://${LOGIN}localhost:${port}?requireTLS=true&`, false],
    ['TLS from the start', (port: number) => `smtps://${LOGIN}localhost:${port}?`, true],
    ['STARTTLS that it merely offers', (port: number) => `smtp://localhost:${port}?`, false],
  ])('does not go over %s when the certificate does not hold', async (_what, url, fromTheStart) => {
    await start({ tls: { ...tls, fromTheStart } });
    const wrong = [
      await send(`${url(server.port)}cacertfile=${otherCa}`),
      // It is a certificate for another name.
      await send(`${url(server.port).replace('localhost', '127.0.0.1')}cacertfile=${ca}`),
    ];
    for (const result of wrong) {
      expect(result).toMatchObject({ kind: 'failure', reason: 'network' });
      expect(stepAfter(result)).toMatchObject({ kind: 'retry' });
    }
    expect(server.mails).toEqual([]);
  });

  test('does not go, and no password either, when STARTTLS is required and not there', async () => {
    await start({ login });
    const result = await send(`smtp://${LOGIN}127.0.0.1:${server.port}?requireTLS=true`);
    expect(result).toMatchObject({
      kind: 'response',
      note: expect.stringMatching(/^in answer to STARTTLS: /),
    });
    expect(stepAfter(result)).toMatchObject({ kind: 'retry' });
    expect([server.connections, server.mails]).toEqual([1, []]);
  });

  test('waits for a server that does not know us: that is for the operator to mend', async () => {
    await start({ login });
    const result = await send(`smtp://somebody:else@127.0.0.1:${server.port}`);
    expect(result).toMatchObject({
      kind: 'response',
      status: 535,
      note: expect.stringMatching(/^in answer to AUTH \w+: are SMTP_URL and SMTP_FROM right\?$/),
    });
    expect(stepAfter(result)).toMatchObject({ kind: 'retry' });
    expect(server.mails).toEqual([]);
  });

  test('that is greylisted comes again by the schedule, and is known by its Message-ID', async () => {
    await start();
    server.refuse({ at: 'recipient', code: 451, text: '4.7.1 greylisted', times: 1 });
    const first = await send(server.url);
    expect(first).toMatchObject({ kind: 'response', status: 451 });
    expect(stepAfter(first)).toEqual({ kind: 'retry', dueAt: NOW + 1_000 });
    expect(server.mails).toEqual([]);
    await send(server.url);
    await send(server.url);
    expect(server.mails.map(({ parsed }) => parsed.messageId)).toEqual(
      Array(2).fill(`<${eventId}.${row.subscriptionId}@example.com>`),
    );
    expect(server.mails[1]?.raw).toEqual(server.mails[0]?.raw);
  });

  test.each([
    ['has no such mailbox', 'recipient', 550, '5.1.1 no such user', 'disable'],
    ['says no to its recipient, and not why', 'recipient', 550, 'no', 'failed'],
    ['refuses its recipient by its policy', 'recipient', 550, '5.7.1 not from you', 'failed'],
    ['refuses what it says', 'mail', 554, '5.6.0 not this', 'failed'],
    ['does not know our sender', 'sender', 550, '5.1.8 who are you?', 'retry'],
    ['is full for the moment', 'mail', 452, '4.3.1 no space', 'retry'],
  ] as const)('to a server that %s', async (_what, at, code, text, kind) => {
    await start();
    server.refuse({ at, code, text });
    const result = await send(server.url);
    expect(result).toMatchObject({ status: code });
    expect(stepAfter(result)).toMatchObject({
      kind,
      ...(kind === 'disable' && { why: 'The mail server answered 550 5.1.1 no such user' }),
    });
    expect([server.connections, server.mails]).toEqual([1, []]);
  });
});

describe('mail, at a server that says what we tell it to,', () => {
  let server: ScriptedMailServer;
  beforeEach(async () => {
    server = await ScriptedMailServer.start();
  });
  afterEach(() => server.stop());
  const url = () => `smtp://127.0.0.1:${server.port}`;
  const STEPS = ['greeting', 'ehlo', 'from', 'to', 'data', 'mail'] as const;

  test.each(STEPS)('is given up in time when it is silent after the %s', async (step) => {
    server.say({ [step]: 'silence' });
    const result = await send(url(), { timeoutMs: 200 });
    expect(result).toMatchObject({ kind: 'failure', reason: 'timeout' });
    expect(server.connections).toBe(1);
    await until('the connection is closed', () => server.open === 0);
  });

  test.each(STEPS)('is tried again when the connection is cut after the %s', async (step) => {
    server.say({ [step]: 'cut' });
    const result = await send(url());
    expect(result).toMatchObject({ kind: 'failure', reason: 'network' });
    expect(stepAfter(result)).toMatchObject({ kind: 'retry' });
    expect(server.connections).toBe(1);
  });

  test('is given up in time when its replies drip', async () => {
    server.say({ from: `250-${'well\r\n250-'.repeat(3)}`, greeting: '220 hello' });
    const result = await send(url(), { timeoutMs: 200 });
    expect(result).toMatchObject({ kind: 'failure', reason: 'timeout' });
  });

  test.each(['from', 'to', 'data', 'mail'] as const)(
    'is told to close when it says 421 after the %s, and tried again',
    async (step) => {
      server.say({ [step]: '421 4.3.2 shutting down' });
      const result = await send(url());
      expect(stepAfter(result)).toMatchObject({ kind: 'retry' });
      expect(server.connections).toBe(1);
    },
  );

  test('goes to a domain in letters of any script by its name in ASCII', async () => {
    expect(await send(url(), { target: 'ana@müller.example' })).toMatchObject({ status: 250 });
    expect(server.lines).toContain('RCPT TO:<ana@xn--mller-kva.example>');
    expect(server.got).toEqual([expect.stringContaining('\r\nTo: ana@xn--mller-kva.example\r\n')]);
  });

  test('that there is none of is tried again', async () => {
    await server.stop();
    expect(await send(url())).toMatchObject({
      kind: 'failure',
      reason: 'network',
      detail: expect.stringContaining('ECONNREFUSED'),
    });
  });
});
