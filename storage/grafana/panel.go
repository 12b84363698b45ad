package grafana

import (
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/stat"
	"github.com/grafana/grafana-foundation-sdk/go/statetimeline"
	"github.com/grafana/grafana-foundation-sdk/go/table"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"
	"github.com/grafana/grafana-foundation-sdk/go/xychart"
)

// A board is 24 columns wide.
const (
	wide   = 24
	half   = 12
	third  = 8
	sixth  = 4
	tall   = 10
	usual  = 8
	low    = 4
	byCar  = "${__field.labels.name_acronym}"
	byKind = "${__field.labels.instance} ${__field.labels.kind}"
	// byField is for engines: several servers may write to a bucket.
	byField = "${__field.labels.instance} ${__field.name}"
)

// bounds colour a value: base up to each bound, then the bound's colour.
func bounds(base string, more ...dashboard.Threshold) cog.Builder[dashboard.ThresholdsConfig] {
	return dashboard.NewThresholdsConfigBuilder().Mode(dashboard.ThresholdsModeAbsolute).Steps(append([]dashboard.Threshold{{Color: base}}, more...))
}

func above(value float64, colour string) dashboard.Threshold {
	return dashboard.Threshold{Value: &value, Color: colour}
}

// neutral has no bounds: no value of it is bad.
func neutral() cog.Builder[dashboard.ThresholdsConfig] { return bounds("text") }

// legend is a table with the newest value, for many lines are found by it.
func legend() *common.VizLegendOptionsBuilder {
	return common.NewVizLegendOptionsBuilder().ShowLegend(true).DisplayMode(common.LegendDisplayModeTable).
		Placement(common.LegendPlacementRight).Calcs([]string{"lastNotNull"}).Width(160)
}

// lines returns a panel of series over time, half as wide as the board.
func lines(title, about, unit string, height uint32, flux string) *timeseries.PanelBuilder {
	return timeseries.NewPanelBuilder().Title(title).Description(about).Datasource(source()).Unit(unit).
		Span(half).Height(height).LineWidth(1).FillOpacity(0).ShowPoints(common.VisibilityModeNever).Thresholds(neutral()).Legend(legend()).
		Tooltip(common.NewVizTooltipOptionsBuilder().Mode(common.TooltipDisplayModeMulti).Sort(common.SortOrderDescending)).
		WithTarget(ask("A", flux))
}

// number returns a panel with one value.
func number(title, about, unit string, flux string) *stat.PanelBuilder {
	return stat.NewPanelBuilder().Title(title).Description(about).Datasource(source()).Unit(unit).Span(sixth).Height(low).Thresholds(neutral()).
		ReduceOptions(common.NewReduceDataOptionsBuilder().Calcs([]string{"lastNotNull"}).Fields("/.*/")).
		ColorMode(common.BigValueColorModeValue).GraphMode(common.BigValueGraphModeNone).WithTarget(ask("A", flux))
}

// numbersOf returns a panel with the values of one row of each query, by their names.
func numbersOf(title, about string, fluxes ...string) *stat.PanelBuilder {
	p := number(title, about, unitText, fluxes[0]).Span(wide).TextMode(common.BigValueTextModeValueAndName).JustifyMode(common.BigValueJustifyModeCenter)
	for i, flux := range fluxes[1:] {
		p = p.WithTarget(ask(string(rune('B'+i)), flux))
	}
	return p
}

// inOrder shows a table's columns in this order; a query gives them in that of their names.
func inOrder(columns ...string) dashboard.DataTransformerConfig {
	index := map[string]int{}
	for i, name := range columns {
		index[name] = i
	}
	return dashboard.DataTransformerConfig{Id: "organize", Options: map[string]any{"indexByName": index}}
}

// rows returns a panel with a table.
func rows(title, about string, width, height uint32, flux string) *table.PanelBuilder {
	return table.NewPanelBuilder().Title(title).Description(about).Datasource(source()).Span(width).Height(height).Unit(unitText).Thresholds(neutral()).
		CellHeight(common.TableCellHeightSm).Footer(common.NewTableFooterOptionsBuilder().Show(false).Reducer([]string{})).
		WithTarget(ask("A", flux))
}

// states returns a panel that shows states over time.
func states(title, about string, width, height uint32, words []dashboard.ValueMapping, flux string) *statetimeline.PanelBuilder {
	return statetimeline.NewPanelBuilder().Title(title).Description(about).Datasource(source()).Span(width).Height(height).Unit(unitText).
		Thresholds(neutral()).Mappings(words).ShowValue(common.VisibilityModeNever).RowHeight(0.8).LineWidth(0).FillOpacity(80).WithTarget(ask("A", flux))
}

// across returns a panel that plots the second column over the first instead of over time, for each of its queries.
func across(title, about, unit string, width, height uint32, fluxes ...string) *xychart.PanelBuilder {
	p := xychart.NewPanelBuilder().Title(title).Description(about).Datasource(source()).Span(width).Height(height).Unit(unit).Thresholds(neutral()).
		Mapping(xychart.SeriesMappingAuto).Show(xychart.XYShowModePointsAndLines).
		PointSize(xychart.NewXychartFieldConfigPointSizeBuilder().Fixed(2)).LineWidth(1).
		Legend(common.NewVizLegendOptionsBuilder().ShowLegend(true).DisplayMode(common.LegendDisplayModeList).
			Placement(common.LegendPlacementBottom))
	for i, flux := range fluxes {
		p = p.WithTarget(ask(string(rune('A'+i)), flux))
	}
	return p
}
