import { eventKey, type RaceEvent, type RecoveryLine } from '../live';

/** An item of the feed: an event of the race, or a recovery of its actors. */
export type FeedItem =
  | { readonly key: string; readonly event: RaceEvent; readonly line?: never }
  | { readonly key: string; readonly line: RecoveryLine; readonly event?: never };

interface Feed {
  /** Oldest first; so are the lines. */
  readonly events: readonly RaceEvent[];
  readonly lines: readonly RecoveryLine[];
  /** The number of events to show. */
  readonly eventsMax: number;
}

/** Merges both lists, newest first, by race time. An amended event keeps its key. */
export function feedItems({ events, lines, eventsMax }: Feed): FeedItem[] {
  const out: FeedItem[] = [];
  const oldest = Math.max(0, events.length - eventsMax);
  let [e, l] = [events.length - 1, lines.length - 1];
  for (;;) {
    const event = e >= oldest ? events[e] : undefined;
    const line = lines[l];
    if (event && !(line && line.timeMs > event.timeMs)) {
      e--;
      out.push({ key: `e${eventKey(event)}`, event });
    } else if (line) {
      l--;
      out.push({ key: `o${line.id}`, line });
    } else {
      return out;
    }
  }
}
