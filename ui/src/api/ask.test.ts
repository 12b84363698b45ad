import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { ask } from './ask';
import { explain, ProblemError } from './errors';
import { askForTokenWith } from './token';

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

test('a server with a token is told it once it was asked for, and not again', async () => {
  const asked: boolean[] = [];
  const answers = ['wrong', 'right'];
  askForTokenWith((again) => {
    asked.push(again);
    return Promise.resolve(answers.shift() ?? null);
  });
  expect(await ask('/x', { method: 'POST', body: {} })).toEqual({ fine: true });
  expect(sent).toEqual([undefined, 'Bearer wrong', 'Bearer right']);
  expect(asked).toEqual([false, true]);
  await ask('/x', { method: 'POST', body: {} });
  expect(sent).toHaveLength(4);
  await ask('/x');
  expect(sent.at(-1)).toBeUndefined(); // to look is free, and the token stays here
});

test('who gives no token is refused', async () => {
  askForTokenWith(() => Promise.resolve(null));
  sessionStorage.setItem('lightsout.token', 'old');
  await expect(ask('/x', { method: 'POST' })).rejects.toBeInstanceOf(ProblemError);
});

test('a refusal names the field and what is allowed', () => {
  const errors = [{ field: 'amount_ms', message: 'is 0', allowed: '1 to 3600000' }];
  const problem = { type: '', title: 'no', status: 422, detail: 'what was sent does not hold', errors };
  expect(explain(new ProblemError(problem))).toBe('amount_ms is 0; allowed: 1 to 3600000');
  expect(explain(new ProblemError({ ...problem, errors: [] }))).toBe('what was sent does not hold');
});
