import { formatCount, plural, isolate, lapTime, formatSeconds, formatDuration } from '../format';
import { EventKind, Flag, ResultStatus, type Entry, type RaceEvent, type Recovery } from '../live';

const FLAGS: Readonly<Record<Flag, string>> = {
  [Flag.Unknown]: 'Flag',
  [Flag.Clear]: 'Track clear',
  [Flag.Yellow]: 'Yellow flag',
  [Flag.SafetyCar]: 'Safety car deployed',
  [Flag.VirtualSafetyCar]: 'Virtual safety car',
  [Flag.Red]: 'Red flag: race suspended',
  [Flag.Chequered]: 'Chequered flag',
};

const RESULTS: Readonly<Record<ResultStatus, readonly [what: string, verb: string]>> = {
  [ResultStatus.Provisional]: ['Provisional result', 'leads'],
  [ResultStatus.Final]: ['The result is final', 'wins'],
  [ResultStatus.Amended]: ['The result was amended', 'wins'],
};

/** An event as a sentence of race control; names are isolated. */
export function eventSentence(e: RaceEvent, entries: readonly Entry[]): string {
  const name = isolate(entries[e.car]?.code ?? 'All cars');
  const reason = e.text ? ` (${isolate(e.text)})` : '';
  switch (e.kind) {
    case EventKind.Start:
      return 'Lights out: the race is on';
    case EventKind.Flag:
      return `${FLAGS[e.value as Flag] ?? 'Flag'}${e.text ? ` in ${e.text}` : ''}`;
    case EventKind.PitIn:
      return `${name} enters the pit lane`;
    case EventKind.PitOut:
      return `${name} leaves the pit lane`;
    case EventKind.Tyres:
      return e.value > 0
        ? `${name} stops for ${formatSeconds(e.value)}, ${e.text} tyres`
        : `${name} makes a pit stop`;
    case EventKind.Retired:
      return `${name} is out${reason}`;
    case EventKind.Penalty:
      return `${name} gets a penalty of ${formatSeconds(e.value)}${reason}`;
    case EventKind.FastestLap:
      return `${name} sets the fastest lap: ${lapTime(e.value)}`;
    case EventKind.Leader:
      return `${name} takes the lead`;
    case EventKind.Chequered:
      return e.text ? `The race ends, ${e.text}` : `Chequered flag for ${name}`;
    case EventKind.DidNotStart:
      return `${name} does not start${reason}`;
    case EventKind.Disqualified:
      return `${name} is disqualified${reason}`;
    case EventKind.Result:
      return result(e.value as ResultStatus, entries[e.car]);
  }
}

function result(status: ResultStatus, winner: Entry | undefined): string {
  const [what, verb] = RESULTS[status] ?? RESULTS[ResultStatus.Provisional];
  return `${what}: ${winner ? `${isolate(winner.code)} ${verb}` : 'no car is classified'}`;
}

/** A recovery as a sentence for operators. */
export function recoverySentence(r: Recovery): string {
  const slowest = r.actors > r.listed ? `slowest of the newest ${formatCount(r.listed)}:` : 'slowest';
  if (r.actors > 1)
    return `${plural(r.actors, r.kind || 'actor')} restarted, ${slowest} ${formatDuration(r.slowestUs)}`;
  const name = r.kind === 'car' ? '1 car' : `The ${r.kind || 'actor'}`;
  return `${name} restarted in ${formatDuration(r.slowestUs)}${r.reason ? ` (${r.reason})` : ''}`;
}
