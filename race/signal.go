package race

// SignalDate returns when the start signal was given, in UTC nanoseconds; 0 if that is unknown. announcedAt and startedAt are
// when these records were written, moved is how far the signal was moved since. A real race that was announced and started in
// one commit was imported: its records carry the time of the import, not of the race.
func SignalDate(kind Kind, announcedAt, startedAt int64, moved Micros) int64 {
	if startedAt == 0 || kind == External && startedAt == announcedAt {
		return 0
	}
	return startedAt + int64(moved)*1000
}
