package race

// Sample is the telemetry that a real car reports at one instant, in the units of a Trace. A channel that was not reported is
// Unknown.
type Sample struct {
	Car  CarIdx
	Time Micros
	// SpeedDKMH is in tenths of a km/h.
	SpeedDKMH int
	RPM       int
	Gear      int
	Throttle  int // percent
	Brake     int // percent
	DRS       int // as the car reports it
	// XDM and YDM are tenths of a metre.
	XDM, YDM int
}

// Unknown is the value of a channel that was not reported.
const Unknown = -1 << 31

// Values returns the sample's channels in the order in which all stores write them.
func (s *Sample) Values() [8]*int {
	return [...]*int{&s.SpeedDKMH, &s.RPM, &s.Gear, &s.Throttle, &s.Brake, &s.DRS, &s.XDM, &s.YDM}
}

// Merge adds a later report of the same car at the same instant: its channels replace those reported before; channels that it
// lacks stay as they were.
func (s *Sample) Merge(later *Sample) {
	values := s.Values()
	for i, v := range later.Values() {
		if *v != Unknown {
			*values[i] = *v
		}
	}
}

// Empty reports whether the sample has no channel.
func (s *Sample) Empty() bool {
	for _, v := range s.Values() {
		if *v != Unknown {
			return false
		}
	}
	return true
}

// Report is one request of a timing house to a race's log: stored as a whole or not at all.
type Report struct {
	// Records have no Seq yet. Records that their decoder reported before with the same time are dropped.
	Records []Record
	// Samples of a car at an instant that it reported before are merged (Sample.Merge), within a report and across reports.
	Samples []Sample
	// Key identifies the report, so that a repeat has no effect; empty means no key. Hash is the hash of its content.
	Key  string
	Hash uint64
	// New opens a log: the first record announces the race.
	New bool
}

// Items returns the number of records and samples.
func (i *Report) Items() int { return len(i.Records) + len(i.Samples) }

// Ingested is the outcome of a report that is durable and applied.
type Ingested struct {
	// First and Last are the numbers of its records; 0 if none was stored.
	First, Last Seq
	Records     int
	Samples     int
	// Repeated counts passings that their decoder had reported before.
	Repeated int
	// Again is set if a report with this key was ingested before; this is the outcome of the first one.
	Again bool
	// Refused are records that the rules do not allow. They are in the log and have no effect.
	Refused []RecordRefused
}

// Ruled is the outcome of a durable ruling: its record, 0 if it changed nothing, and its race time.
type Ruled struct {
	Seq Seq
	At  Micros
}

// Request is the key of a report and its outcome, stored with the report's batch.
type Request struct {
	Key     string
	Hash    uint64
	First   Seq
	Records int
	Samples int
	// Repeated counts the dropped repeats.
	Repeated int
}

// Roster is what is needed of a race to interpret the reports of a timing house.
type Roster struct {
	Race    Race
	Status  Status
	Entries []Entry
	// Numbers maps the number painted on a car to its slot.
	Numbers map[int]CarIdx
	// AnnouncedAt is when the race was announced, StartedAt when the start signal was given, in UTC nanoseconds; 0 means not
	// yet, or unknown.
	AnnouncedAt int64
	StartedAt   int64
	// StartMoved is how far the start signal was moved; race time counts from the moved signal, records count from StartedAt.
	StartMoved Micros
}

// SinceStart converts a date (UTC nanoseconds) to the time since the recorded start signal.
func (r *Roster) SinceStart(date int64) Micros { return Between(r.StartedAt, date) }

// SinceAnnounced returns the time from the announcement to a date.
func (r *Roster) SinceAnnounced(date int64) Micros { return Between(r.AnnouncedAt, date) }

// NewRoster indexes the entries.
func NewRoster(s Summary, entries []Entry, startedAt int64) *Roster {
	r := &Roster{
		Race: s.Race, Status: s.Status, Entries: entries, AnnouncedAt: s.CreatedAt, StartedAt: startedAt,
		Numbers: make(map[int]CarIdx, len(entries)),
	}
	for i, e := range entries {
		r.Numbers[e.Number] = CarIdx(i)
	}
	return r
}

// IsRuling reports whether a record is a decision of race control or the stewards.
func IsRuling(b Body) bool {
	switch b := b.(type) {
	case FlagShown:
		return b.Flag != FlagChequered
	case Suspended, Resumed, Abandoned, CarRetired, CarNotStarted, CarDisqualified, Penalised, PenaltyServed, LapDeleted,
		Corrected, TransponderAssigned, DecoderSet, Undone, StartMoved, ResultDeclared, StartAborted, Started, Ended, Held, Released:
		return true
	case Announced, Entered, Passing, TyresFitted:
	}
	return false
}

// Channels returns the sample's values in the units of a Trace; Unknown for channels that were not reported.
func (s *Sample) Channels() (v [ChannelCount]int32) {
	for c := range v {
		v[c] = Unknown
	}
	v[ChannelSpeed] = int32(s.SpeedDKMH)
	v[ChannelRPM], v[ChannelGear], v[ChannelDRS] = int32(s.RPM), int32(s.Gear), int32(s.DRS)
	v[ChannelThrottle], v[ChannelBrake] = int32(s.Throttle), int32(s.Brake)
	v[ChannelX], v[ChannelY] = int32(s.XDM), int32(s.YDM)
	return v
}
