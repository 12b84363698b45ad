package race

// AuditEntry says what was ordered of a server, by whom and from where, and what became of it. Stores keep it as JSON.
type AuditEntry struct {
	Seq    int64  `json:"-"` // given by the store
	At     int64  `json:"-"` // UTC nanoseconds
	Action string `json:"action"`
	Race   ID     `json:"race,omitempty"` // empty if it concerns none, or none was made
	Author string `json:"author,omitempty"`
	// Token is what the token allowed that came with it; empty where none was needed or sent.
	Token string `json:"token,omitempty"`
	// Address is where it came from; empty for what the server does by itself.
	Address string `json:"address,omitempty"`
	Status  int    `json:"status"` // as HTTP has it: below 400 it was carried out, below 500 refused
	Detail  string `json:"detail,omitempty"`
}

// AuditQuery selects entries of the audit trail, newest first. Empty fields select all.
type AuditQuery struct {
	Before int64 // a sequence number; 0 begins at the newest
	Race   ID
	Action string
	Limit  int
}

// AuditKept is how many entries of the audit trail are kept at most.
const AuditKept = 100_000
