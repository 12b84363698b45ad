import { expect, test } from 'vitest';

import { inWords, missing, title, toFault, type Draft } from './faults';

const draft: Draft = {
  verb: 'kill',
  object: 'car',
  amount: 'share',
  share: 50,
  number: 3,
  chance: 0.1,
  everyS: 1,
  forMs: 250,
};

test('a draft becomes what the server takes, and nothing that does not belong to it', () => {
  expect(toFault(draft)).toEqual({ kill: 'car', share: 0.5, every: '1s' });
  expect(toFault({ ...draft, amount: 'number' })).toEqual({ kill: 'car', number: 3, every: '1s' });
  expect(toFault({ ...draft, object: 'race' })).toEqual({ kill: 'race', every: '1s' });
  expect(toFault({ ...draft, verb: 'panic' })).toEqual({ panic: 'car', chance: 0.001 });
  expect(toFault({ ...draft, verb: 'store', object: 'full', everyS: 2.5 })).toEqual({
    store: 'full',
    every: '2.5s',
    for: '250ms',
  });
});

test('what is not said is asked for', () => {
  expect(missing(draft)).toBeNull();
  expect(missing({ ...draft, share: 0 })).toContain('share');
  expect(missing({ ...draft, share: 0, object: 'race' })).toBeNull();
  expect(missing({ ...draft, everyS: null })).toContain('How often');
  expect(missing({ ...draft, verb: 'hits', object: 'lose', chance: null })).toContain('chance');
  expect(missing({ ...draft, verb: 'link', object: 'cut', forMs: 90_000 })).toContain('how long');
});

test('faults and names are told in words', () => {
  expect(inWords({ kill: 'car', share: 0.5, every: '1s', from: '0s' })).toBe(
    'kill car, 50 % of them, every 1s',
  );
  expect(inWords({ panic: 'car', chance: 0.001 })).toBe('panic car, with a chance of 0.1 %');
  expect(title({ name: 'half-the-field' })).toBe('Half the field');
});
