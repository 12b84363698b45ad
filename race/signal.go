package race

// SignalDate is when the start signal was given by the calendar, in UTC nanoseconds; 0 where it is not known. announcedAt and
// startedAt are when these records of the log were made, moved is how far the signal was moved since. A real race that was
// announced and started in one commit was read from an archive: the clock of its records says when that was, not when the
// race was run.
func SignalDate(kind Kind, announcedAt, startedAt int64, moved Micros) int64 {
	if startedAt == 0 || kind == External && startedAt == announcedAt {
		return 0
	}
	return startedAt + int64(moved)*1000
}
