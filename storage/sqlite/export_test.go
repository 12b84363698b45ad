package sqlite

// PassingQueries are those that pages of passings are read with.
var PassingQueries = []string{passingsByRecord, passingsByVerdict}
