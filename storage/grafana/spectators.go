package grafana

import "github.com/grafana/grafana-foundation-sdk/go/dashboard"

// spectatorsBoard returns the dashboard of the spectators.
func spectatorsBoard() *dashboard.DashboardBuilder {
	of := func(fields string) string { return engine(`r.kind == "spectators"`, fields) }
	now := `  |> last()
  |> keep(columns: ["_value"])`
	return newBoard("spectators", "Lights Out: spectators", "Those who watch, what they are sent, and how late.").
		Time("now-15m", "now").
		Annotation(mark("Drills and restarts", "red", faultMarks)).
		WithPanel(number("Spectators", "That watch now.", unitCount, of(`r._field == "connected"`)+now)).
		WithPanel(number("Told after", "The mean from a batch's arrival until spectators are told.", "ms", of(`r._field == "reach_mean_ms"`)+now)).
		WithPanel(number("Cut", "Because they did not read; since the process began.", unitCount, of(`r._field == "cut"`)+now)).
		WithPanel(lines("Spectators", "That watch.", unitCount, usual, of(`r._field == "connected"`)+windows("max")).DisplayName("spectators")).
		WithPanel(lines("Passing to spectator", "From a batch's arrival until spectators are told.", "ms", usual,
			of(`r._field == "reach_mean_ms" or r._field == "reach_max_ms"`)+windows("max")).DisplayName(byField)).
		WithPanel(lines("Messages", "Sent a second.", "mps", usual, of(`r._field == "messages"`)+perSecond+windows("mean")).DisplayName("messages")).
		WithPanel(lines("Bytes", "Sent a second.", "Bps", usual, of(`r._field == "bytes"`)+perSecond+windows("mean")).DisplayName("bytes")).
		WithPanel(lines("Snapshots", "Sent a second: to those who come, and who fall too far behind.", "cps", usual,
			of(`r._field == "snapshots"`)+perSecond+windows("mean")).DisplayName("snapshots")).
		WithPanel(lines("Cut", "A second: spectators who do not read.", "cps", usual, of(`r._field == "cut"`)+perSecond+windows("mean")).DisplayName("cut"))
}
