import { expect, test } from 'vitest';

import { LiveSocket, type Clock, type Connection, type Socket } from './socket';

class FakeClock implements Clock {
  #now = 0;
  #waiting: { at: number; run: () => void }[] = [];
  now = (): number => this.#now;
  after = (ms: number, run: () => void): (() => void) => {
    const entry = { at: this.#now + ms, run };
    this.#waiting.push(entry);
    return () => (this.#waiting = this.#waiting.filter((w) => w !== entry));
  };
  advance(ms: number): void {
    const until = this.#now + ms;
    for (;;) {
      const [next] = this.#waiting.filter((w) => w.at <= until).sort((a, b) => a.at - b.at);
      if (!next) break;
      this.#now = next.at;
      this.#waiting = this.#waiting.filter((w) => w !== next);
      next.run();
    }
    this.#now = until;
  }
}

function setUp() {
  const clock = new FakeClock();
  const opened: (Socket & { url: string })[] = [];
  const states: Connection['kind'][] = [];
  let seq = 0;
  const live = new LiveSocket({
    url: () => `/live/x?from=${seq}`,
    receive: (data) => (seq = new Uint8Array(data)[0] ?? 0),
    onChange: (c) => states.push(c.kind),
    reset: () => (seq = 0),
    open: (url) => {
      const socket = {
        url,
        binaryType: 'blob' as BinaryType,
        onmessage: null,
        onclose: null,
        close: () => undefined,
        send: () => undefined,
      };
      opened.push(socket);
      return socket;
    },
    clock,
    random: () => 1,
    report: () => undefined,
  });
  const receive = (data: unknown): void => opened.at(-1)?.onmessage?.({ data } as MessageEvent);
  const drop = (code: number): void => opened.at(-1)?.onclose?.({ code } as CloseEvent);
  live.connect();
  return { clock, opened, states, receive, drop };
}

test('a lost connection comes back by itself and resumes after the last message', () => {
  const { clock, opened, states, receive, drop } = setUp();
  receive(new Uint8Array([7]).buffer);
  drop(1006);
  expect(states).toEqual(['live', 'lost']);
  clock.advance(10_000);
  expect(opened).toHaveLength(2);
  expect(opened[1]?.url).toBe('/live/x?from=7');
});

test('a hung server that accepts connections stays lost until a message comes', () => {
  const { clock, opened, states, receive } = setUp();
  receive(new Uint8Array([1]).buffer);
  clock.advance(49_000);
  expect(opened.length).toBeGreaterThan(2);
  expect([...new Set(states)]).toEqual(['live', 'stale', 'lost']);
  expect(states.slice(states.indexOf('lost')).every((kind) => kind === 'lost')).toBe(true);
  receive(new Uint8Array([2]).buffer);
  expect(states.at(-1)).toBe('live');
});

test('a server that never answers is reported as lost after three seconds', () => {
  const { clock, states, receive } = setUp();
  clock.advance(2900);
  expect(states).toEqual([]);
  clock.advance(200);
  expect(states.at(-1)).toBe('lost');
  clock.advance(60_000);
  expect([...new Set(states)]).toEqual(['lost']);
  receive(new Uint8Array([1]).buffer);
  expect(states.at(-1)).toBe('live');
});

test('silence is reported after three seconds', () => {
  const { clock, states, receive } = setUp();
  receive(new Uint8Array([1]).buffer);
  clock.advance(2900);
  expect(states.at(-1)).toBe('live');
  clock.advance(200);
  expect(states.at(-1)).toBe('stale');
  receive(new Uint8Array([2]).buffer);
  expect(states.at(-1)).toBe('live');
});

test('an unknown race is not requested again', () => {
  const { clock, opened, states, drop } = setUp();
  drop(4404);
  clock.advance(60_000);
  expect(states.at(-1)).toBe('closed');
  expect(opened).toHaveLength(1);
});

test('an unreadable message makes the page start over from a snapshot', () => {
  const { clock, opened, receive } = setUp();
  receive(new Uint8Array([7]).buffer);
  receive('text');
  clock.advance(10_000);
  expect(opened[1]?.url).toBe('/live/x?from=0');
});
