import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { request } from './request';
import { errorDetails, ProblemError } from './errors';
import { setTokenPrompt } from './token';

const sent: (string | undefined)[] = [];

beforeEach(() => {
  sessionStorage.clear();
  sent.length = 0;
  vi.stubGlobal('fetch', (_: string, how: RequestInit) => {
    const bearer = (how.headers as Record<string, string>).authorization;
    sent.push(bearer);
    const ok = bearer === 'Bearer right' || how.method === 'GET';
    return Promise.resolve(Response.json(ok ? { fine: true } : { title: 'no' }, { status: ok ? 200 : 401 }));
  });
});
afterEach(() => vi.unstubAllGlobals());

test('the token is asked for once and sent with orders only', async () => {
  const prompts: boolean[] = [];
  const answers = ['wrong', 'right'];
  setTokenPrompt((again) => {
    prompts.push(again);
    return Promise.resolve(answers.shift() ?? null);
  });
  expect(await request('/x', { method: 'POST', body: {} })).toEqual({ fine: true });
  expect(sent).toEqual([undefined, 'Bearer wrong', 'Bearer right']);
  expect(prompts).toEqual([false, true]);
  await request('/x', { method: 'POST', body: {} });
  expect(sent).toHaveLength(4);
  await request('/x');
  expect(sent.at(-1)).toBeUndefined(); // reading needs no token
});

test('without a token the order is refused', async () => {
  setTokenPrompt(() => Promise.resolve(null));
  sessionStorage.setItem('lightsout.token', 'old');
  await expect(request('/x', { method: 'POST' })).rejects.toBeInstanceOf(ProblemError);
});

test('a refusal names the field and the allowed values', () => {
  const errors = [{ field: 'amount_ms', message: 'is 0', allowed: '1 to 3600000' }];
  const problem = { type: '', title: 'no', status: 422, detail: 'what was sent does not hold', errors };
  expect(errorDetails(new ProblemError(problem))).toBe('amount_ms is 0; allowed: 1 to 3600000');
  expect(errorDetails(new ProblemError({ ...problem, errors: [] }))).toBe('what was sent does not hold');
});
