import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { createPage } from './page.js';

function output(isTTY: boolean) {
  let written = '';
  return {
    isTTY,
    columns: 40,
    write: (text: string) => {
      written += text;
    },
    get written() {
      return written;
    },
  };
}

const withoutTimes = (text: string): string => text.replace(/ +[0-9.]+ s/g, ' # s');

describe('the page without a terminal', () => {
  it('has a line at the beginning and one at the end of a step, and lines between them, all plain', async () => {
    const out = output(false);
    const page = createPage(out);
    const result = await page.step('Services', async (say) => {
      say('1 of 5 ready');
      page.line('a warning');
      say('5 ready');
      return 'result';
    });
    page.line('then');
    expect(result).toBe('result');
    expect(withoutTimes(stripVTControlCharacters(out.written)).split('\n')).toEqual([
      '  . Services ...',
      'a warning',
      '  * Services # s  5 ready',
      'then',
      '',
    ]);
    expect(out.written).not.toMatch(/\r/);
  });

  it('tells of a step that fails, and fails with it', async () => {
    const out = output(false);
    const page = createPage(out);
    const failing = page.step('Services', () => Promise.reject(new Error('no')));
    await expect(failing).rejects.toThrow('no');
    expect(withoutTimes(stripVTControlCharacters(out.written)).split('\n')).toEqual([
      '  . Services ...',
      '  x Services # s',
      '',
    ]);
  });
});

describe('the page on a terminal', () => {
  it('writes the line of a step again in place, never wider than the terminal, and other lines above it', async () => {
    const out = output(true);
    const page = createPage(out);
    await page.step('Services', async (say) => {
      say('a detail that is wider than forty columns of a terminal');
      page.line('a warning');
    });
    const [first, second, last] = withoutTimes(out.written).split('\n');
    expect(first).toBe('\r\u001b[K  . Services # s\r\u001b[Ka warning');
    const again = second?.split('\r\u001b[K') ?? [];
    expect(again).toHaveLength(3);
    expect(again[0]).toBe('');
    expect(stripVTControlCharacters(again[2] ?? '')).toBe(
      '  * Services # s  a detail that is wider than forty columns of a terminal',
    );
    expect(last).toBe('');
    expect(out.written.split('\u001b[K').map((text) => text.replace('\r', '').length)).toContain(39);
  });
});
