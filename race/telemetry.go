package race

// Channel is one of the things that a car's telemetry tells, in whole units so that every store answers alike.
type Channel uint8

// Channels of telemetry. A simulation's X and Y follow from its lap fraction and its circuit, and no store keeps them; a
// real car reports X and Y, and no lap.
const (
	ChannelSpeed       Channel = iota // tenths of a km/h
	ChannelRPM                        // a minute
	ChannelGear                       // 0: neutral
	ChannelThrottle                   // percent
	ChannelBrake                      // percent
	ChannelDRS                        // 1: open in a simulation; as the car reports it else
	ChannelLap                        // the lap that the car is on, from 1
	ChannelLapFraction                // how far round the lap, in 65536ths
	ChannelX                          // tenths of a metre
	ChannelY                          // tenths of a metre
	ChannelCount
)

var channelNames = []string{
	"speed", "rpm", "n_gear", "throttle", "brake", "drs", "lap_number", "lap_fraction", "x", "y",
}

// String is the channel's name at the edges, as race-data users know it.
func (c Channel) String() string { return name(channelNames, int(c)) }

// ParseChannel reads a channel's name.
func ParseChannel(s string) (Channel, error) {
	i, err := parse("channel", channelNames, s)
	return Channel(i), err
}

// Trace is the telemetry of one car over a stretch of race time, in columns.
type Trace struct {
	Car  CarIdx
	Time []Micros
	// Values has a column as long as Time for each channel that was asked for and that the store keeps of this race; nil
	// for the others. What a real car did not report is Unknown.
	Values [ChannelCount][]int32
}

// TraceQuery asks for the telemetry of one car from From to To, both included.
type TraceQuery struct {
	Race     ID
	Car      CarIdx
	From, To Micros
	Channels []Channel // empty: all
}

// FeedCursor is how far a feed has come in a race: all up to here is where it is fed to.
type FeedCursor struct {
	Seq   Seq    // of the last record
	Tick  Tick   // of the last frame
	Count uint64 // of the last batch whose samples were fed
}

// FeedReject is a point that another store did not take.
type FeedReject struct {
	At     int64 // UTC nanoseconds
	Point  string
	Reason string
}
