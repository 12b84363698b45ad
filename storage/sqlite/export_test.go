package sqlite

// PassingQueries are the queries for pages of passings.
var PassingQueries = []string{passingsByRecord, passingsByVerdict}
