import { count, counted, isolate, lapTime, seconds, took } from '../format';
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

/** An event as race control would say it; names are isolated. */
export function sentence(e: RaceEvent, entries: readonly Entry[]): string {
  const who = isolate(entries[e.car]?.code ?? 'All cars');
  const because = e.text ? ` (${isolate(e.text)})` : '';
  switch (e.kind) {
    case EventKind.Start:
      return 'Lights out: the race is on';
    case EventKind.Flag:
      return `${FLAGS[e.value as Flag] ?? 'Flag'}${e.text ? ` in ${e.text}` : ''}`;
    case EventKind.PitIn:
      return `${who} enters the pit lane`;
    case EventKind.PitOut:
      return `${who} leaves the pit lane`;
    case EventKind.Tyres:
      return e.value > 0
        ? `${who} stops for ${seconds(e.value)}, ${e.text} tyres`
        : `${who} makes a pit stop`;
    case EventKind.Retired:
      return `${who} is out${because}`;
    case EventKind.Penalty:
      return `${who} gets a penalty of ${seconds(e.value)}${because}`;
    case EventKind.FastestLap:
      return `${who} sets the fastest lap: ${lapTime(e.value)}`;
    case EventKind.Leader:
      return `${who} takes the lead`;
    case EventKind.Chequered:
      return e.text ? `The race ends, ${e.text}` : `Chequered flag for ${who}`;
    case EventKind.DidNotStart:
      return `${who} does not start${because}`;
    case EventKind.Disqualified:
      return `${who} is disqualified${because}`;
    case EventKind.Result:
      return result(e.value as ResultStatus, entries[e.car]);
  }
}

function result(status: ResultStatus, winner: Entry | undefined): string {
  const [what, verb] = RESULTS[status] ?? RESULTS[ResultStatus.Provisional];
  return `${what}: ${winner ? `${isolate(winner.code)} ${verb}` : 'no car is classified'}`;
}

/** A recovery as whoever runs the machine would say it. */
export function recovered(r: Recovery): string {
  const slowest = r.actors > r.listed ? `slowest of the newest ${count(r.listed)}:` : 'slowest';
  if (r.actors > 1)
    return `${counted(r.actors, r.kind || 'actor')} restarted, ${slowest} ${took(r.slowestUs)}`;
  const who = r.kind === 'car' ? '1 car' : `The ${r.kind || 'actor'}`;
  return `${who} restarted in ${took(r.slowestUs)}${r.reason ? ` (${r.reason})` : ''}`;
}
