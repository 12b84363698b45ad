import { expect, test } from 'vitest';

import {
  beginText,
  DEFAULT_DRAFT,
  faultText,
  draftError,
  scenarioTitle,
  toFault,
  type Draft,
} from './faults';

const draft: Draft = { ...DEFAULT_DRAFT, number: 3, forMs: 250 };

test('a draft becomes a fault with only the fields that apply to it', () => {
  expect(toFault(draft)).toEqual({ kill: 'car', share: 0.5, every: '1s' });
  expect(toFault({ ...draft, amount: 'number' })).toEqual({ kill: 'car', number: 3, every: '1s' });
  expect(toFault({ ...draft, target: 'race' })).toEqual({ kill: 'race', every: '1s' });
  expect(toFault({ ...draft, verb: 'panic' })).toEqual({ panic: 'car', chance: 0.001 });
  expect(toFault({ ...draft, verb: 'store', target: 'full', everyS: 2.5 })).toEqual({
    store: 'full',
    every: '2.5s',
    for: '250ms',
  });
});

test('a fault strikes once at a race time, or repeatedly between two race times', () => {
  const single: Draft = { ...draft, target: 'timekeeper', timing: 'once', at: '1:30.5', message: 'after' };
  expect(toFault(single)).toEqual({ kill: 'timekeeper', at: '90.5s', when: 'after' });
  expect(draftError({ ...single, at: '' })).toContain('Enter a race time');
  const between: Draft = { ...draft, from: '10', until: '1:00' };
  expect(toFault(between)).toEqual({ kill: 'car', share: 0.5, every: '1s', from: '10s', until: '60s' });
  expect(draftError(between)).toBeNull();
  expect(draftError({ ...between, until: '5' })).toContain('after the start');
  expect(draftError({ ...between, from: 'soon' })).toContain('race time to start at');
  expect(draftError({ ...between, until: 'x' })).toContain('race time to end at');
  const poison: Draft = { ...draft, verb: 'poison', amount: 'number', at: '20', message: 'before' };
  expect(toFault(poison)).toEqual({ poison: 'car', number: 3, at: '20s' });
  expect(draftError({ ...poison, at: 'x' })).toContain('Enter a race time');
  expect(faultText(toFault(poison))).toBe('poison car, 3 of them, at 20s');
});

test('a drill begins now or at a race time', () => {
  expect(beginText(' ')).toBe('');
  expect(beginText('5:00')).toBe('300s');
  expect(beginText('soon')).toBeNull();
});

test('a missing value is asked for', () => {
  expect(draftError(draft)).toBeNull();
  expect(draftError({ ...draft, share: 0 })).toContain('share');
  expect(draftError({ ...draft, share: 0, target: 'race' })).toBeNull();
  expect(draftError({ ...draft, everyS: null })).toContain('Enter an interval');
  expect(draftError({ ...draft, verb: 'hits', target: 'lose', chance: null })).toContain('chance');
  expect(draftError({ ...draft, verb: 'link', target: 'cut', forMs: 90_000 })).toContain('duration');
});

test('faults and scenario names become text', () => {
  expect(faultText({ kill: 'car', share: 0.5, every: '1s', from: '0s' })).toBe(
    'kill car, 50 % of them, every 1s',
  );
  expect(faultText({ panic: 'car', chance: 0.001 })).toBe('panic car, with a chance of 0.1 %');
  expect(scenarioTitle({ name: 'half-the-field' })).toBe('Half the field');
});
