package race

// Sample is what a real car reports of itself at one instant, in the units of a Trace. What it does not report is Unknown.
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

// Unknown is the value of a channel that a sample does not have.
const Unknown = -1 << 31

// Values are the sample's channels, in the order in which they are written wherever samples are kept.
func (s *Sample) Values() [8]*int {
	return [...]*int{&s.SpeedDKMH, &s.RPM, &s.Gear, &s.Throttle, &s.Brake, &s.DRS, &s.XDM, &s.YDM}
}

// Merge adds a later report of the same car at the same instant: a channel that it has replaces what was reported before,
// and a channel that it does not have stays as it was.
func (s *Sample) Merge(later *Sample) {
	values := s.Values()
	for i, v := range later.Values() {
		if *v != Unknown {
			*values[i] = *v
		}
	}
}

// Empty says that the car reported nothing.
func (s *Sample) Empty() bool {
	for _, v := range s.Values() {
		if *v != Unknown {
			return false
		}
	}
	return true
}

// Report is what is handed to a race's log from outside at once: kept whole or not at all.
type Report struct {
	// Records without numbers. Those that were told of before by their decoder, with the same time, are passed over.
	Records []Record
	// Samples of a car at an instant that it reported before are merged into that one (Sample.Merge), within a report and
	// across reports.
	Samples []Sample
	// Key names the report, so that a repeat of it changes nothing; empty: it has no name. Hash stands for its content.
	Key  string
	Hash uint64
	// New opens a log: the first record announces the race.
	New bool
}

// Items counts what the report holds.
func (i *Report) Items() int { return len(i.Records) + len(i.Samples) }

// Ingested tells what became of a report: it is durable and applied.
type Ingested struct {
	// First and Last are the numbers of its records; 0 where none was kept.
	First, Last Seq
	Records     int
	Samples     int
	// Repeated counts passings that their decoder had told of before.
	Repeated int
	// Again says that a report of this key was taken before, and this is what became of that one.
	Again bool
	// Refused are records that the rulebook does not allow. They are in the log and change nothing.
	Refused []RecordRefused
}

// Ruled tells of a ruling that is durable: its record, 0 where it changed nothing, and its race time.
type Ruled struct {
	Seq Seq
	At  Micros
}

// Request is the name of a report and what became of it, kept with its batch.
type Request struct {
	Key     string
	Hash    uint64
	First   Seq
	Records int
	Samples int
	// Repeated counts what was passed over.
	Repeated int
}

// Roster is what must be known of a race to read what is told of it from outside.
type Roster struct {
	Race    Race
	Status  Status
	Entries []Entry
	// Numbers gives the slot of a car by the number painted on it.
	Numbers map[int]CarIdx
	// AnnouncedAt is when the race was announced, StartedAt when the start signal was given, in UTC nanoseconds; 0: it was not, or
	// nobody knows.
	AnnouncedAt int64
	StartedAt   int64
	// StartMoved is how far the start signal was moved since; race time counts from there, and the records from StartedAt.
	StartMoved Micros
}

// SinceStart is a date (UTC nanoseconds) as race time counts from the record of the start signal.
func (r *Roster) SinceStart(date int64) Micros { return Between(r.StartedAt, date) }

// SinceAnnounced is how long a date is after the announcement.
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

// IsRuling says that a record is a decision of race control, or of the stewards.
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

// Channels are the sample's values in the units of a Trace; Unknown for what the car did not report.
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
