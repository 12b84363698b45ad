package influx

import "errors"

// What keeps a Feed from being set up. Test with errors.Is.
var (
	// ErrRefused says that the server is there and the token, the organisation or the bucket is wrong.
	ErrRefused = errors.New("InfluxDB refuses")
	// ErrAway says that the server does not answer, or not like an InfluxDB that is well.
	ErrAway = errors.New("InfluxDB does not answer")
)
