import { expect, test } from 'vitest';

import { LiveSocket, type Clock, type Connection, type Socket } from './socket';

/** A clock that goes when it is told to. */
class Hand implements Clock {
  #now = 0;
  #waiting: { at: number; run: () => void }[] = [];
  now = (): number => this.#now;
  after = (ms: number, run: () => void): (() => void) => {
    const entry = { at: this.#now + ms, run };
    this.#waiting.push(entry);
    return () => (this.#waiting = this.#waiting.filter((w) => w !== entry));
  };
  turn(ms: number): void {
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
  const clock = new Hand();
  const opened: (Socket & { url: string })[] = [];
  const said: Connection['kind'][] = [];
  let seq = 0;
  const live = new LiveSocket({
    url: () => `/live/x?from=${seq}`,
    receive: (data) => (seq = new Uint8Array(data)[0] ?? 0),
    changed: (c) => said.push(c.kind),
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
  const hear = (data: unknown): void => opened.at(-1)?.onmessage?.({ data } as MessageEvent);
  const drop = (code: number): void => opened.at(-1)?.onclose?.({ code } as CloseEvent);
  live.connect();
  return { clock, opened, said, hear, drop };
}

test('a line that is lost comes back by itself from where it was', () => {
  const { clock, opened, said, hear, drop } = setUp();
  hear(new Uint8Array([7]).buffer);
  drop(1006);
  expect(said).toEqual(['live', 'lost']);
  clock.turn(10_000);
  expect(opened).toHaveLength(2);
  expect(opened[1]?.url).toBe('/live/x?from=7');
});

test('a hung server, which accepts and says nothing, is lost until a message comes', () => {
  const { clock, opened, said, hear } = setUp();
  hear(new Uint8Array([1]).buffer);
  clock.turn(49_000);
  expect(opened.length).toBeGreaterThan(2);
  expect([...new Set(said)]).toEqual(['live', 'stale', 'lost']);
  expect(said.slice(said.indexOf('lost')).every((kind) => kind === 'lost')).toBe(true);
  hear(new Uint8Array([2]).buffer);
  expect(said.at(-1)).toBe('live');
});

test('a server that hangs from the first is not said to be connecting for long', () => {
  const { clock, said, hear } = setUp();
  clock.turn(2900);
  expect(said).toEqual([]);
  clock.turn(200);
  expect(said.at(-1)).toBe('lost');
  clock.turn(60_000);
  expect([...new Set(said)]).toEqual(['lost']);
  hear(new Uint8Array([1]).buffer);
  expect(said.at(-1)).toBe('live');
});

test('silence is said after three seconds', () => {
  const { clock, said, hear } = setUp();
  hear(new Uint8Array([1]).buffer);
  clock.turn(2900);
  expect(said.at(-1)).toBe('live');
  clock.turn(200);
  expect(said.at(-1)).toBe('stale');
  hear(new Uint8Array([2]).buffer);
  expect(said.at(-1)).toBe('live');
});

test('where there is no such race it is not asked again', () => {
  const { clock, opened, said, drop } = setUp();
  drop(4404);
  clock.turn(60_000);
  expect(said.at(-1)).toBe('gone');
  expect(opened).toHaveLength(1);
});

test('a message that cannot be read starts over from a snapshot', () => {
  const { clock, opened, hear } = setUp();
  hear(new Uint8Array([7]).buffer);
  hear('text');
  clock.turn(10_000);
  expect(opened[1]?.url).toBe('/live/x?from=0');
});
