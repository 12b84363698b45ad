package grafana

import (
	"encoding/json"
	"fmt"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/cog/variants"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

// DataSource is the uid of the provisioned InfluxDB.
const DataSource = "lightsout-influxdb"

// Board is a provisioned dashboard.
type Board struct {
	// Name of its file, without the extension.
	Name string
	JSON []byte
}

// Boards returns all boards of the project.
func Boards() ([]Board, error) {
	var out []Board
	for _, b := range []struct {
		name  string
		board *dashboard.DashboardBuilder
	}{{"races", racesBoard()}, {"race", raceBoard()}, {"car", carBoard()}, {"engine", engineBoard()}, {"spectators", spectatorsBoard()}} {
		built, err := b.board.Build()
		if err != nil {
			return nil, fmt.Errorf("build the board %s: %w", b.name, err)
		}
		identify(&built)
		data, err := json.MarshalIndent(built, "", "  ")
		if err != nil {
			return nil, fmt.Errorf("write the board %s: %w", b.name, err)
		}
		out = append(out, Board{Name: b.name, JSON: append(data, '\n')})
	}
	return out, nil
}

// identify numbers the panels, so that links to them stay the same.
func identify(d *dashboard.Dashboard) {
	for i := range d.Panels {
		if p := d.Panels[i].Panel; p != nil {
			id := uint32(i + 1)
			p.Id = &id
		}
	}
}

// newBoard returns the common part of all boards. Its time range extends beyond now for races that are simulated faster than
// real time.
func newBoard(uid, title, about string) *dashboard.DashboardBuilder {
	b := dashboard.NewDashboardBuilder(title).Uid("lightsout-" + uid).Description(about).Tags([]string{"lightsout"}).
		Timezone("browser").Refresh("5s").Tooltip(dashboard.DashboardCursorSyncCrosshair)
	for _, other := range []struct{ uid, title string }{
		{"races", "Races"}, {"race", "Race"}, {"car", "Car"}, {"engine", "Engine"}, {"spectators", "Spectators"},
	} {
		if other.uid != uid {
			b.Link(dashboard.NewDashboardLinkBuilder(other.title).Type(dashboard.DashboardLinkTypeLink).
				Url("/d/lightsout-" + other.uid).KeepTime(true).IncludeVars(true).Tooltip("the same race and range of time"))
		}
	}
	return b
}

func source() common.DataSourceRef {
	kind, uid := "influxdb", DataSource
	return common.DataSourceRef{Type: &kind, Uid: &uid}
}

// ask returns a Flux query as Grafana sends it.
func ask(ref, flux string) cog.Builder[variants.Dataquery] {
	return variants.NewUnknownDataqueryBuilderFromObject(variants.UnknownDataquery{
		"refId": ref, "datasource": map[string]any{"type": "influxdb", "uid": DataSource}, "query": flux,
	})
}

// choice returns a variable of the board whose values come from a query.
func choice(name, label, flux string) *dashboard.QueryVariableBuilder {
	return dashboard.NewQueryVariableBuilder(name).Label(label).Datasource(source()).Definition(flux).
		Query(dashboard.StringOrMap{Map: map[string]any{"refId": "variable", "query": flux}}).
		Refresh(dashboard.VariableRefreshOnTimeRangeChanged)
}

// mark returns an annotation that shows drills or flags on the time axis of every panel. The query returns _time, text and
// tags.
func mark(name, colour, flux string) *dashboard.AnnotationQueryBuilder {
	return dashboard.NewAnnotationQueryBuilder().Name(name).Datasource(source()).Enable(true).IconColor(colour).
		Target(ask("mark", flux))
}
