package grafana

import "time"

// Alert is a rule for Prometheus and for Grafana: both carry the same expression. docs/operating.md has a section of its name that says what
// to do.
type Alert struct {
	Name    string
	Summary string
	// Expr yields a value above 0 for each series that fires, and nothing else: Grafana takes a series for firing by its value.
	Expr     string
	For      time.Duration // for how long it must fire before somebody is told
	Severity Severity
}

// Severity says how soon somebody has to look.
type Severity string

// Severities of alerts.
const (
	Critical Severity = "critical" // now: races wait, or something is lost
	Warning  Severity = "warning"  // today
)

// Alerts are the rules of the project.
func Alerts() []Alert {
	return []Alert{
		{"ServerDown", "a server does not answer", `(up{job="lightsout"} == bool 0) > 0`, time.Minute, Critical},
		{"CommitsFail", "nothing can be written: all races of the server wait", `lightsout_store_failing > 0`, 0, Critical},
		{"DiskLow", "less than 2 GB are free on the disk of the file", `2e9 - lightsout_store_disk_free_bytes > 0`, time.Minute, Critical},
		{
			"DiskFillsUp", "at the pace of the last hour the disk is full within eight hours",
			`-predict_linear(lightsout_store_disk_free_bytes[1h], 8 * 3600) > 0`, 15 * time.Minute, Warning,
		},
		{
			"QuotaNearlyUsed", "the file has less than a tenth of its quota (--max-disk) left",
			`lightsout_store_used_bytes / (lightsout_store_quota_bytes > 0) > 0.9`, time.Minute, Critical,
		},
		{
			"DurableSlow", "one batch in a hundred takes over half a second until it is on disk",
			`histogram_quantile(0.99, sum by (job, instance, le) (rate(lightsout_journal_durable_seconds_bucket[5m]))) > 0.5`, 5 * time.Minute, Warning,
		},
		{"RaceStandsStill", "a race that runs has had no durable tick for ten seconds", `lightsout_simulator_race_standing_seconds > 10`, 0, Critical},
		{"ActorsGivenUp", "an actor died of bugs too often and does not come back", `increase(lightsout_actors_given_up_total[10m]) > 0`, 0, Critical},
		{"ActorsLate", "an actor without a replacement takes long over a message", `lightsout_actors_late{replaced="false"} > 0`, time.Minute, Critical},
		{
			"MessagesSetAside", "messages killed an actor too often and were set aside",
			`increase(lightsout_actors_messages_set_aside_total[10m]) > 0`, 0, Warning,
		},
		{"FeedDown", "InfluxDB accepts no points", `(lightsout_feed_up == bool 0) > 0`, time.Minute, Warning},
		{"FeedLag", "InfluxDB is more than a minute behind the log", `lightsout_feed_lag_seconds > 60`, 5 * time.Minute, Warning},
		{"FeedDeadLetters", "InfluxDB refused points; they are kept as dead letters", `increase(lightsout_feed_points_rejected_total[10m]) > 0`, 0, Warning},
	}
}

// Runbook is where it is written what to do.
func (a Alert) Runbook() string { return "docs/operating.md#" + lower(a.Name) }
