package influx

import "errors"

// Reasons why Check fails. Test with errors.Is.
var (
	// ErrRefused means that the server answers, but the token, the organisation or the bucket is wrong.
	ErrRefused = errors.New("InfluxDB refuses")
	// ErrAway means that the server does not answer, or not like a healthy InfluxDB.
	ErrAway = errors.New("InfluxDB does not answer")
)
