import { expect, test } from '@jest/globals';
import { chatCommandIn } from './chat-command.js';

test.each([
  ['/order 0192d1a4', { kind: 'order', id: '0192d1a4' }],
  ['  /Order@our_bot  0192d1a4 \n', { kind: 'order', id: '0192d1a4' }],
  ['/order', { kind: 'order', id: '' }],
  ['/stock', { kind: 'stock', word: '' }],
  ['/stock green tea', { kind: 'stock', word: 'green tea' }],
  ['/stock\ngreen tea', { kind: 'stock', word: 'green tea' }],
  ['/mute', { kind: 'mute', minutes: 60 }],
  ['/mute 5', { kind: 'mute', minutes: 5 }],
  ['/mute@our_bot 10080', { kind: 'mute', minutes: 10_080 }],
  ['/mute 10081', { kind: 'mute' }],
  ['/mute 0', { kind: 'mute' }],
  ['/mute -5', { kind: 'mute' }],
  ['/mute tomorrow', { kind: 'mute' }],
  ['/unmute', { kind: 'unmute' }],
  ['/start', { kind: 'help' }],
  ['/help@our_bot', { kind: 'help' }],
])('%j asks for %j', (text, command) => {
  expect(chatCommandIn(text)).toEqual(command);
});

test.each([
  '',
  '/',
  'order 1',
  'please /stock',
  '/orders 1',
  '/stockx',
  '/stock@',
  '/ stock',
  '//stock',
  '/delete',
])('%j asks for nothing', (text) => {
  expect(chatCommandIn(text)).toBeUndefined();
});
