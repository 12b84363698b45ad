package sqlite

// PassingQueries are those that pages of hits are read with.
var PassingQueries = []string{passingsByRecord, passingsByVerdict}
