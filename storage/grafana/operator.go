package grafana

import (
	"encoding/json"
	"fmt"

	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
	"github.com/grafana/grafana-foundation-sdk/go/stat"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"
)

// scraped are the series of the chosen servers.
const scraped = `{job="lightsout", instance=~"$instance"}`

func scrapedSource() common.DataSourceRef {
	kind, uid := "prometheus", PrometheusSource
	return common.DataSourceRef{Type: &kind, Uid: &uid}
}

// promQL is a query of Prometheus; legend names its series.
func promQL(ref, expr, legend string) *prometheus.DataqueryBuilder {
	return prometheus.NewDataqueryBuilder().RefId(ref).Datasource(scrapedSource()).Expr(expr).LegendFormat(legend)
}

// scrapedNumber is a panel with one value, which turns red from a bound on.
func scrapedNumber(title, about, unit, expr string, red float64) *stat.PanelBuilder {
	return stat.NewPanelBuilder().Title(title).Description(about).Datasource(scrapedSource()).Unit(unit).Span(sixth).Height(low).
		ReduceOptions(common.NewReduceDataOptionsBuilder().Calcs([]string{"lastNotNull"})).
		ColorMode(common.BigValueColorModeValue).GraphMode(common.BigValueGraphModeNone).
		Thresholds(dashboard.NewThresholdsConfigBuilder().Mode(dashboard.ThresholdsModeAbsolute).
			Steps([]dashboard.Threshold{{Color: "green"}, {Value: &red, Color: "red"}})).
		WithTarget(promQL("A", expr, "").Instant())
}

// scrapedLines is a panel of series over time.
func scrapedLines(title, about, unit string, queries ...*prometheus.DataqueryBuilder) *timeseries.PanelBuilder {
	p := timeseries.NewPanelBuilder().Title(title).Description(about).Datasource(scrapedSource()).Unit(unit).
		Span(half).Height(usual).LineWidth(1).FillOpacity(0).ShowPoints(common.VisibilityModeNever).Min(0).Thresholds(neutral()).
		Legend(common.NewVizLegendOptionsBuilder().ShowLegend(true).DisplayMode(common.LegendDisplayModeTable).
			Placement(common.LegendPlacementBottom).Calcs([]string{"lastNotNull", "max"})).
		Tooltip(common.NewVizTooltipOptionsBuilder().Mode(common.TooltipDisplayModeMulti).Sort(common.SortOrderDescending))
	for _, q := range queries {
		p = p.WithTarget(q)
	}
	return p
}

// rateOf is the sum of a counter's rates by labels.
func rateOf(metric, by string) string {
	return fmt.Sprintf("sum by (%s) (rate(%s%s[$__rate_interval]))", by, metric, scraped)
}

// quantileOf is a quantile of a histogram by server.
func quantileOf(q float64, metric string) string {
	return fmt.Sprintf("histogram_quantile(%v, sum by (instance, le) (rate(%s_bucket%s[$__rate_interval])))", q, metric, scraped)
}

// OperatorBoard is the dashboard of servers as Prometheus sees them: what answers when InfluxDB does not.
func OperatorBoard() ([]byte, error) {
	built, err := operatorBoard().Build()
	if err != nil {
		return nil, fmt.Errorf("build the board operator: %w", err)
	}
	identify(&built)
	data, err := json.MarshalIndent(built, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write the board operator: %w", err)
	}
	return append(data, '\n'), nil
}

func operatorBoard() *dashboard.DashboardBuilder {
	b := dashboard.NewDashboardBuilder("Lights Out: operator").Uid("lightsout-operator").Tags([]string{"lightsout"}).Timezone("browser").
		Description("Servers as Prometheus sees them: also while InfluxDB is away.").
		Refresh("15s").Time("now-1h", "now").Tooltip(dashboard.DashboardCursorSyncCrosshair).
		WithVariable(dashboard.NewQueryVariableBuilder("instance").Label("Server").Datasource(scrapedSource()).
			Definition(`label_values(lightsout_build_info, instance)`).
			Query(dashboard.StringOrMap{Map: map[string]any{"qryType": 1, "query": `label_values(lightsout_build_info, instance)`, "refId": "variable"}}).
			Refresh(dashboard.VariableRefreshOnTimeRangeChanged).Multi(true).IncludeAll(true).AllValue(".*"))
	for _, n := range []struct {
		title, about, unit, expr string
		red                      float64
	}{
		{"Firing", "Alerts that fire now.", "short", `count(ALERTS{alertstate="firing"}) or vector(0)`, 1},
		{"Servers down", "That do not answer.", "short", `count(up{job="lightsout"} == 0) or vector(0)`, 1},
		{"Commits fail", "Servers that cannot write; their races wait.", "short", `sum(lightsout_store_failing` + scraped + `)`, 1},
		{"Durable, p99", "From a batch's arrival until it is on disk, 99 of 100, over five minutes.", "s",
			`max(histogram_quantile(0.99, sum by (instance, le) (rate(lightsout_journal_durable_seconds_bucket` + scraped + `[5m]))))`, 0.5},
		{"Feed lag", "Age of the oldest record that is not in InfluxDB.", "s", `max(lightsout_feed_lag_seconds` + scraped + `) or vector(0)`, 60},
		{"Disk used", "Of the fullest quota; none is 0.", "percentunit",
			`max(lightsout_store_used_bytes` + scraped + ` / (lightsout_store_quota_bytes` + scraped + ` > 0)) or vector(0)`, 0.9},
	} {
		b = b.WithPanel(scrapedNumber(n.title, n.about, n.unit, n.expr, n.red))
	}
	return b.
		WithPanel(scrapedLines("To durable", "From a batch's arrival at the journal until it is on disk.", "s",
			promQL("A", quantileOf(0.5, "lightsout_journal_durable_seconds"), "p50 {{instance}}"),
			promQL("B", quantileOf(0.99, "lightsout_journal_durable_seconds"), "p99 {{instance}}"))).
		WithPanel(scrapedLines("To applied", "From a batch's arrival until the rulebook has folded it.", "s",
			promQL("A", quantileOf(0.5, "lightsout_journal_applied_seconds"), "p50 {{instance}}"),
			promQL("B", quantileOf(0.99, "lightsout_journal_applied_seconds"), "p99 {{instance}}"))).
		WithPanel(scrapedLines("Commits", "Batches made durable a second.", "ops", promQL("A", rateOf("lightsout_journal_commits_total", "instance"), "{{instance}}"))).
		WithPanel(scrapedLines("Passings and samples", "Reported by HTTP a second, by outcome.", "cps",
			promQL("A", rateOf("lightsout_gateway_items_ingested_total", "kind, outcome"), "{{kind}} {{outcome}}"))).
		WithPanel(scrapedLines("Requests", "A second, by route and method.", "reqps",
			promQL("A", rateOf("lightsout_gateway_requests_handled_total", "route, method"), "{{method}} {{route}}"))).
		WithPanel(scrapedLines("Requests that failed", "A second, by status from 400 on: 429 came too fast.", "reqps",
			promQL("A", `sum by (code) (rate(lightsout_gateway_requests_handled_total{job="lightsout", instance=~"$instance", code=~"[45].."}[$__rate_interval]))`, "{{code}}"))).
		WithPanel(scrapedLines("The file", "Its size, its write-ahead log, what is in use, its quota.", "bytes",
			promQL("A", "lightsout_store_file_bytes"+scraped, "file {{instance}}"), promQL("B", "lightsout_store_wal_bytes"+scraped, "log {{instance}}"),
			promQL("C", "lightsout_store_used_bytes"+scraped, "in use {{instance}}"), promQL("D", "lightsout_store_quota_bytes"+scraped+" > 0", "quota {{instance}}"))).
		WithPanel(scrapedLines("Free on the disk", "Of the file.", "bytes", promQL("A", "lightsout_store_disk_free_bytes"+scraped, "{{instance}}"))).
		WithPanel(scrapedLines("Races", "In the file, by status.", "short", promQL("A", "sum by (status) (lightsout_races"+scraped+")", "{{status}}"))).
		WithPanel(scrapedLines("Spectators", "That watch now.", "short", promQL("A", "lightsout_gateway_spectators"+scraped, "{{instance}}"))).
		WithPanel(scrapedLines("Actors that died", "A second, by kind, without those that drills killed.", "cps",
			promQL("A", "sum by (kind) (rate(lightsout_actors_restarted_total"+scraped+"[$__rate_interval]) - rate(lightsout_actors_killed_by_drills_total"+scraped+"[$__rate_interval]))", "{{kind}}"))).
		WithPanel(scrapedLines("Memory", "Resident.", "bytes", promQL("A", "process_resident_memory_bytes"+scraped, "{{instance}}"))).
		WithPanel(scrapedLines("Processors", "Seconds of processor a second.", "short", promQL("A", rateOf("process_cpu_seconds_total", "instance"), "{{instance}}"))).
		WithPanel(scrapedLines("Feed lag", "Seconds that InfluxDB is behind the log.", "s", promQL("A", "lightsout_feed_lag_seconds"+scraped, "{{instance}}")))
}
