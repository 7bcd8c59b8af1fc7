import { describe, expect, test } from '@jest/globals';
import { SmtpFrom, SmtpUrl } from './smtp-settings.js';

const login = { user: 'me@example.com', password: 'a/b' };

describe('SMTP_URL', () => {
  test.each([
    ['smtp://mail.example.com', { host: 'mail.example.com', port: 587, security: 'offered' }],
    [
      'smtp://mail.example.com?requireTLS=true',
      { host: 'mail.example.com', port: 587, security: 'starttls' },
    ],
    ['smtps://mail.example.com', { host: 'mail.example.com', port: 465, security: 'tls' }],
    ['smtp://[::1]:25', { host: '::1', port: 25, security: 'offered' }],
    // A password never travels in the clear, but on this machine.
    [
      'smtp://me%40example.com:a%2Fb@mail.example.com',
      { host: 'mail.example.com', port: 587, security: 'starttls', login },
    ],
    [
      'smtp://me%40example.com:a%2Fb@127.0.0.1:25',
      { host: '127.0.0.1', port: 25, security: 'offered', login },
    ],
  ])('%s says where and how', (url, server) => {
    expect(SmtpUrl.parse(url)).toEqual(server);
  });

  test.each([
    ['mail.example.com', 'must be smtps://'],
    ['https://me:secret-word@mail.example.com', 'must be smtps://'],
    ['smtp://', 'must be smtps://'],
    ['smtp://me:secret-word@mail.example.com?requireTLS=false', 'requireTLS must be true'],
    ['smtp://me:secret-word@mail.example.com?ignoreTLS=true', 'parameters that are not known'],
    ['smtp://me:secret-word@mail.example.com?cacertfile=/no/such/file', 'cacertfile that can’t be read'],
  ])('%s is refused, and no password is printed', (url, why) => {
    const { error } = SmtpUrl.safeParse(url);
    expect(error?.issues).toEqual([expect.objectContaining({ message: expect.stringContaining(why) })]);
    expect(String(error)).not.toContain('secret-word');
  });
});

describe('SMTP_FROM', () => {
  test.each([
    ['Comanda <orders@example.com>', { name: 'Comanda', address: 'orders@example.com' }],
    ['orders@example.com', { name: '', address: 'orders@example.com' }],
    ['Café, S.L. <orders@café.example>', { name: 'Café, S.L.', address: 'orders@xn--caf-dma.example' }],
  ])('can be %s', (text, mailbox) => {
    expect(SmtpFrom.parse(text)).toEqual(mailbox);
  });

  test.each([
    'Comanda',
    'a@example.com, b@example.com',
    'A <a@example.com> b',
    'A\r\nBcc: b@example.com <a@example.com>',
  ])('can’t be %j', (text) => expect(SmtpFrom.safeParse(text).success).toBe(false));
});
