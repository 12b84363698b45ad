import { eventKey, type RaceEvent, type RecoveryLine } from '../live';

/** A line of the feed: the race's own, or of what happened to its actors. */
export type FeedItem =
  | { readonly key: string; readonly event: RaceEvent; readonly line?: never }
  | { readonly key: string; readonly line: RecoveryLine; readonly event?: never };

interface Feed {
  /** Oldest first, as the lines. */
  readonly events: readonly RaceEvent[];
  readonly lines: readonly RecoveryLine[];
  /** How many events are shown. */
  readonly most: number;
}

/** Both lists as one, newest first, by the time of the race. An event keeps its key when it is amended. */
export function newestFirst({ events, lines, most }: Feed): FeedItem[] {
  const out: FeedItem[] = [];
  const oldest = Math.max(0, events.length - most);
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
