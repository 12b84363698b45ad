package grafana

import (
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
	byKind = "${__field.labels.kind}"
	plain  = "none"
)

// lines returns a panel of series over time, half as wide as the board.
func lines(title, about, unit string, height uint32, flux string) *timeseries.PanelBuilder {
	return timeseries.NewPanelBuilder().Title(title).Description(about).Datasource(source()).Unit(unit).
		Span(half).Height(height).LineWidth(1).FillOpacity(0).ShowPoints(common.VisibilityModeNever).
		Legend(common.NewVizLegendOptionsBuilder().ShowLegend(true).DisplayMode(common.LegendDisplayModeList).
			Placement(common.LegendPlacementBottom)).
		Tooltip(common.NewVizTooltipOptionsBuilder().Mode(common.TooltipDisplayModeMulti).Sort(common.SortOrderDescending)).
		WithTarget(ask("A", flux))
}

// number returns a panel with one value.
func number(title, about, unit string, flux string) *stat.PanelBuilder {
	return stat.NewPanelBuilder().Title(title).Description(about).Datasource(source()).Unit(unit).Span(sixth).Height(low).
		ReduceOptions(common.NewReduceDataOptionsBuilder().Calcs([]string{"lastNotNull"}).Fields("/.*/")).
		ColorMode(common.BigValueColorModeNone).GraphMode(common.BigValueGraphModeNone).WithTarget(ask("A", flux))
}

// rows returns a panel with a table.
func rows(title, about string, width, height uint32, flux string) *table.PanelBuilder {
	return table.NewPanelBuilder().Title(title).Description(about).Datasource(source()).Span(width).Height(height).
		CellHeight(common.TableCellHeightSm).Footer(common.NewTableFooterOptionsBuilder().Show(false).Reducer([]string{})).
		WithTarget(ask("A", flux))
}

// unitOf sets the unit of a table's column.
func unitOf(unit string) []dashboard.DynamicConfigValue {
	return []dashboard.DynamicConfigValue{{Id: "unit", Value: unit}}
}

// states returns a panel that shows states over time.
func states(title, about string, width, height uint32, flux string) *statetimeline.PanelBuilder {
	return statetimeline.NewPanelBuilder().Title(title).Description(about).Datasource(source()).Span(width).Height(height).
		ShowValue(common.VisibilityModeNever).RowHeight(0.8).LineWidth(0).FillOpacity(80).WithTarget(ask("A", flux))
}

// across returns a panel that plots the first column over the second instead of over time.
func across(title, about string, width, height uint32, flux string) *xychart.PanelBuilder {
	return xychart.NewPanelBuilder().Title(title).Description(about).Datasource(source()).Span(width).Height(height).
		Mapping(xychart.SeriesMappingAuto).Show(xychart.XYShowModePointsAndLines).
		PointSize(xychart.NewXychartFieldConfigPointSizeBuilder().Fixed(2)).LineWidth(1).
		Legend(common.NewVizLegendOptionsBuilder().ShowLegend(false).DisplayMode(common.LegendDisplayModeList).
			Placement(common.LegendPlacementBottom)).
		WithTarget(ask("A", flux))
}
