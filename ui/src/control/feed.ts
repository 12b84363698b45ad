import type { RaceEvent, RecoveryLine } from '../live';

/** A line of the feed: the race's own, or of what happened to its actors. */
export type FeedItem =
  | { readonly key: string; readonly event: RaceEvent; readonly line?: never }
  | { readonly key: string; readonly line: RecoveryLine; readonly event?: never };

interface Feed {
  /** Oldest first, as the lines. */
  readonly events: readonly RaceEvent[];
  /** How many there were in all, so that each keeps its key when the oldest fall off. */
  readonly eventsSeen: number;
  readonly lines: readonly RecoveryLine[];
  /** How many events are shown. */
  readonly most: number;
}

/** Both lists as one, newest first, by the time of the race. Each keeps its own order. */
export function newestFirst({ events, eventsSeen, lines, most }: Feed): FeedItem[] {
  const out: FeedItem[] = [];
  const oldest = Math.max(0, events.length - most);
  let [e, l] = [events.length - 1, lines.length - 1];
  for (;;) {
    const event = e >= oldest ? events[e] : undefined;
    const line = lines[l];
    if (event && !(line && line.timeMs > event.timeMs)) {
      out.push({ key: `e${eventsSeen - events.length + e--}`, event });
    } else if (line) {
      l--;
      out.push({ key: `o${line.id}`, line });
    } else {
      return out;
    }
  }
}
