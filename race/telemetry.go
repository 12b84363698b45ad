package race

// Channel is one quantity of a car's telemetry. Channels have whole units, so that all stores return equal values.
type Channel uint8

// Channels of telemetry. X and Y of a simulation follow from lap fraction and circuit, so no store keeps them; a real car
// reports X and Y, but no lap.
const (
	ChannelSpeed       Channel = iota // tenths of a km/h
	ChannelRPM                        // per minute
	ChannelGear                       // 0 is neutral
	ChannelThrottle                   // percent
	ChannelBrake                      // percent
	ChannelDRS                        // simulation: 1 is open; real car: as reported
	ChannelLap                        // the current lap, from 1
	ChannelLapFraction                // driven part of the lap, in 1/65536
	ChannelX                          // tenths of a metre
	ChannelY                          // tenths of a metre
	ChannelCount
)

var channelNames = []string{
	"speed", "rpm", "n_gear", "throttle", "brake", "drs", "lap_number", "lap_fraction", "x", "y",
}

// String returns the channel's name as users of race data know it.
func (c Channel) String() string { return name(channelNames, int(c)) }

// ParseChannel parses a channel's API name.
func ParseChannel(s string) (Channel, error) {
	i, err := parse("channel", channelNames, s)
	return Channel(i), err
}

// Trace is the telemetry of one car over a range of race time, in columns.
type Trace struct {
	Car  CarIdx
	Time []Micros
	// Values has a column of the length of Time for each requested channel that the store keeps for this race; nil for the
	// others. A value that a real car did not report is Unknown.
	Values [ChannelCount][]int32
}

// TraceQuery selects the telemetry of one car from From to To, both included.
type TraceQuery struct {
	Race     ID
	Car      CarIdx
	From, To Micros
	Channels []Channel // empty means all
}

// FeedCursor is the position of a feed in a race: everything up to here was sent.
type FeedCursor struct {
	Seq   Seq    // last record
	Tick  Tick   // last frame
	Count uint64 // last batch with samples
}

// FeedTarget is where a feed writes to: an organisation and a bucket of InfluxDB, by their IDs. A bucket that was made anew has another ID. Zero means
// unknown.
type FeedTarget struct{ Org, Bucket uint64 }

// Fed is how far a race was fed to a bucket; 0 means that the bucket is unknown.
type Fed struct {
	FeedCursor
	Bucket uint64 `json:",omitempty"`
}

// FeedReject is a point that a feed's target refused.
type FeedReject struct {
	At     int64 // UTC nanoseconds
	Point  string
	Reason string
}
