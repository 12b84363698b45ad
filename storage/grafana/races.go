package grafana

import (
	"strings"

	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/table"
)

type dashboardPanel = *table.PanelBuilder

// racesBoard returns the list of all races, from which one comes to the others.
func racesBoard() *dashboard.DashboardBuilder {
	return newBoard("races", "Lights Out: races", "All races in the bucket, the newest on top. A name leads to the race's board, in the range of time in which it lies.").
		Time("now-1h", "now+1h").Timezone("utc").Refresh("30s").
		WithVariable(page()).
		WithPanel(raceList("Races", "From the moment they are announced; those that were deleted are not here.", allRaces+note(""), 24))
}

// note are the columns of a list of races with one more.
func note(more string) string { return strings.Replace(summarised, "NOTE", more, 1) }

// page is where the pages of races are.
func page() *dashboard.TextBoxVariableBuilder {
	address := "http://localhost:8080"
	return dashboard.NewTextBoxVariableBuilder("page").Label("Lights Out").Description("where the page of Lights Out is, for links").
		DefaultValue(dashboard.StringOrMap{String: &address})
}
