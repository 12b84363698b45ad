import { expect, test } from 'vitest';

import { FIRST, inWords, missing, title, toFault, type Draft } from './faults';

const draft: Draft = { ...FIRST, number: 3, forMs: 250 };

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

test('a fault strikes once at a race time, or again and again between two', () => {
  const single: Draft = { ...draft, object: 'timekeeper', timing: 'once', at: '1:30.5', message: 'after' };
  expect(toFault(single)).toEqual({ kill: 'timekeeper', at: '90.5s', when: 'after' });
  expect(missing({ ...single, at: '' })).toContain('At what race time?');
  const between: Draft = { ...draft, from: '10', until: '1:00' };
  expect(toFault(between)).toEqual({ kill: 'car', share: 0.5, every: '1s', from: '10s', until: '60s' });
  expect(missing(between)).toBeNull();
  expect(missing({ ...between, until: '5' })).toContain('after it begins');
  expect(missing({ ...between, from: 'soon' })).toContain('From what race time?');
  expect(missing({ ...between, until: 'x' })).toContain('Until what race time?');
  const poison: Draft = { ...draft, verb: 'poison', amount: 'number', at: '20', message: 'before' };
  expect(toFault(poison)).toEqual({ poison: 'car', number: 3, at: '20s' });
  expect(missing({ ...poison, at: 'x' })).toContain('At what race time?');
  expect(inWords(toFault(poison))).toBe('poison car, 3 of them, at 20s');
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
