package grafana_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/grafana/grafana-foundation-sdk/go/cog/plugins"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/expr"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
	"go.yaml.in/yaml/v3"

	"lightsout/storage/grafana"
)

// files that the code writes, beside the boards.
var written = map[string]func() ([]byte, error){
	"prometheus/rules.yml":            grafana.PrometheusRules,
	"provisioning/alerting/rules.yml": grafana.Rules,
	"boards/prometheus/operator.json": grafana.OperatorBoard,
}

func TestAlerts_EqualTheProvisionedFiles(t *testing.T) {
	for file, write := range written {
		data, err := write()
		if err != nil {
			t.Fatal(err)
		}
		if *update {
			if err := os.WriteFile(file, data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		have, err := os.ReadFile(file)
		if err != nil {
			t.Fatalf("%v: run task golden", err)
		}
		if diff := cmp.Diff(string(have), string(data)); diff != "" {
			t.Errorf("%s differs from the code: run task golden\n%.1000s", file, diff)
		}
	}
}

func TestAlerts_EachHasASectionThatSaysWhatToDo(t *testing.T) {
	guide, err := os.ReadFile("../../docs/operating.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range grafana.Alerts() {
		_, section, there := strings.Cut(string(guide), "\n### "+a.Name+"\n")
		section, _, _ = strings.Cut(section, "\n#")
		if !there || len(strings.TrimSpace(section)) < 80 {
			t.Errorf("docs/operating.md has no section %s that says what to do", a.Name)
		}
	}
}

// grafanaFile is a file of rules as Grafana's provisioning documents it.
type grafanaFile struct {
	APIVersion int `yaml:"apiVersion"`
	Groups     []struct {
		OrgID    int    `yaml:"orgId"`
		Name     string `yaml:"name"`
		Folder   string `yaml:"folder"`
		Interval string `yaml:"interval"`
		Rules    []struct {
			UID       string `yaml:"uid"`
			Title     string `yaml:"title"`
			Condition string `yaml:"condition"`
			Data      []struct {
				RefID             string         `yaml:"refId"`
				DatasourceUID     string         `yaml:"datasourceUid"`
				RelativeTimeRange map[string]int `yaml:"relativeTimeRange"`
				Model             map[string]any `yaml:"model"`
			} `yaml:"data"`
			NoDataState  string            `yaml:"noDataState"`
			ExecErrState string            `yaml:"execErrState"`
			For          string            `yaml:"for"`
			Labels       map[string]string `yaml:"labels"`
			Annotations  map[string]string `yaml:"annotations"`
		} `yaml:"rules"`
	} `yaml:"groups"`
}

func TestAlerts_GrafanaReadsThemStrictlyAndTheyAreThoseOfPrometheus(t *testing.T) {
	data, err := grafana.Rules()
	if err != nil {
		t.Fatal(err)
	}
	var file grafanaFile
	strict := yaml.NewDecoder(bytes.NewReader(data))
	strict.KnownFields(true)
	if err := strict.Decode(&file); err != nil {
		t.Fatal(err)
	}
	alerts := grafana.Alerts()
	if len(file.Groups) != 1 || len(file.Groups[0].Rules) != len(alerts) {
		t.Fatalf("%d alerts are %+v", len(alerts), file)
	}
	uids := map[string]bool{}
	for i, r := range file.Groups[0].Rules {
		if uids[r.UID] || len(r.UID) > 40 || r.Title != alerts[i].Name || r.NoDataState != "OK" || r.Condition != r.Data[1].RefID {
			t.Errorf("%+v", r)
		}
		uids[r.UID] = true
		var asked prometheus.Dataquery
		var fires expr.TypeThreshold
		for _, q := range []struct {
			model map[string]any
			read  func([]byte) error
		}{{r.Data[0].Model, asked.UnmarshalJSONStrict}, {r.Data[1].Model, fires.UnmarshalJSONStrict}} {
			text, err := json.Marshal(q.model)
			if err != nil {
				t.Fatal(err)
			}
			if err := q.read(text); err != nil && err.Error() != "" {
				t.Errorf("%s: %s: %v", r.Title, text, err)
			}
		}
		if asked.Expr != alerts[i].Expr || r.Data[0].DatasourceUID != grafana.PrometheusSource || fires.Expression != r.Data[0].RefID {
			t.Errorf("%s asks %q of %s", r.Title, asked.Expr, r.Data[0].DatasourceUID)
		}
	}
}

// trial is what an alert is tried with: series that have it fire, and series like those that do not. Values are in promtool's notation,
// one each 15 s. At is when it is looked at, labels are those of the alert beside its severity.
type trial struct {
	at             string
	series         string
	firing, silent string
	labels         map[string]string
}

var one = map[string]string{"job": "lightsout", "instance": "a"}

func with(more ...string) map[string]string {
	out := map[string]string{"job": "lightsout", "instance": "a"}
	for i := 0; i < len(more); i += 2 {
		out[more[i]] = more[i+1]
	}
	return out
}

// trials are by the name of the alert.
var trials = map[string]trial{
	"ServerDown":  {"3m", `up`, "1 0x20", "1x20", one},
	"CommitsFail": {"1m", `lightsout_store_failing`, "0 1x10", "0x10", one},
	"DiskLow":     {"3m", `lightsout_store_disk_free_bytes`, "1e9x20", "3e9x20", one},
	// 20 GB that shrink by 1 GB in 15 minutes are gone in five hours; by 100 MB they are not.
	"DiskFillsUp":      {"90m", `lightsout_store_disk_free_bytes`, "20e9-16666666x400", "20e9-1666666x400", one},
	"QuotaNearlyUsed":  {"3m", `lightsout_store_used_bytes`, "95e9x20", "80e9x20", one},
	"DurableSlow":      {"15m", `lightsout_journal_durable_seconds_bucket`, "", "", one},
	"RaceStandsStill":  {"1m", `lightsout_simulator_race_standing_seconds{race="r1"}`, "0+4x20", "0 1 2 3 4 5", with("race", "r1")},
	"ActorsGivenUp":    {"5m", `lightsout_actors_given_up_total{kind="car"}`, "0x10 1x20", "1x30", with("kind", "car")},
	"ActorsLate":       {"4m", `lightsout_actors_late{replaced="false"}`, "0x4 1x20", "1x4 0x20", with("replaced", "false")},
	"MessagesSetAside": {"5m", `lightsout_actors_messages_set_aside_total{kind="car"}`, "0x10 2x20", "2x30", with("kind", "car")},
	"FeedDown":         {"4m", `lightsout_feed_up{feed="influx"}`, "1x4 0x20", "0x2 1x20", with("feed", "influx")},
	"FeedLag":          {"9m", `lightsout_feed_lag_seconds{feed="influx"}`, "0x4 61x60", "0x4 59x60", with("feed", "influx")},
	"FeedDeadLetters":  {"5m", `lightsout_feed_points_rejected_total{feed="influx"}`, "0x10 5x20", "5x30", with("feed", "influx")},
}

// labelled adds the labels of a server to a series.
func labelled(series string) string {
	name, labels, _ := strings.Cut(strings.TrimSuffix(series, "}"), "{")
	if labels != "" {
		labels = "," + labels
	}
	return fmt.Sprintf(`%s{job="lightsout",instance="a"%s}`, name, labels)
}

// input is the series of a trial as promtool reads them.
func (c trial) input(name string, firing bool) (out []map[string]string) {
	add := func(series, values string) {
		out = append(out, map[string]string{"series": labelled(series), "values": values})
	}
	values := c.silent
	if firing {
		values = c.firing
	}
	switch name {
	case "QuotaNearlyUsed":
		add("lightsout_store_quota_bytes", "100e9x20")
	case "DurableSlow": // ten batches each 15 s: all within 100 ms, or one of them not within a second
		add(c.series+`{le="0.1"}`, map[bool]string{true: "0+9x100", false: "0+10x100"}[firing])
		add(c.series+`{le="1"}`, map[bool]string{true: "0+9x100", false: "0+10x100"}[firing])
		add(c.series+`{le="2.5"}`, "0+10x100")
		add(c.series+`{le="+Inf"}`, "0+10x100")
		return out
	}
	add(c.series, values)
	return out
}

// TestAlerts_FireAndAreSilentInPrometheus has promtool read the rules and try each.
func TestAlerts_FireAndAreSilentInPrometheus(t *testing.T) {
	tool, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("promtool is not there: apt-get install prometheus")
	}
	rules, err := filepath.Abs("prometheus/rules.yml")
	if err != nil {
		t.Fatal(err)
	}
	var tests []any
	for _, a := range grafana.Alerts() {
		c, there := trials[a.Name]
		if !there {
			t.Errorf("%s is not tried", a.Name)
		}
		labels := map[string]string{"severity": string(a.Severity)}
		for k, v := range c.labels {
			labels[k] = v
		}
		for _, firing := range []bool{true, false} {
			expected := []any{}
			if firing {
				expected = []any{map[string]any{"exp_labels": labels, "exp_annotations": map[string]string{"summary": a.Summary, "runbook": a.Runbook()}}}
			}
			tests = append(tests, map[string]any{
				"name": fmt.Sprintf("%s, firing: %v", a.Name, firing), "interval": "15s", "input_series": c.input(a.Name, firing),
				"alert_rule_test": []any{map[string]any{"eval_time": c.at, "alertname": a.Name, "exp_alerts": expected}},
			})
		}
	}
	text, err := yaml.Marshal(map[string]any{"rule_files": []string{rules}, "evaluation_interval": "15s", "tests": tests})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "rules_test.yml")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"check", "config", "prometheus/prometheus.yml"}, {"check", "rules", rules}, {"test", "rules", file}} {
		if out, err := exec.Command(tool, args...).CombinedOutput(); err != nil {
			t.Errorf("promtool %s: %v\n%s", strings.Join(args[:2], " "), err, out)
		}
	}
}

// TestAlerts_FiringValuesAreAboveZero holds expressions to what Grafana needs: it takes a series for firing by its value.
func TestAlerts_FiringValuesAreAboveZero(t *testing.T) {
	for _, a := range grafana.Alerts() {
		at := strings.LastIndex(a.Expr, " > ")
		var bound float64
		if at < 0 {
			t.Errorf("%s does not end with a bound: %s", a.Name, a.Expr)
		} else if _, err := fmt.Sscan(a.Expr[at+3:], &bound); err != nil || bound < 0 {
			t.Errorf("%s is bounded by %s", a.Name, a.Expr[at+3:])
		}
	}
}

// TestAlerts_AskForMetricsThatAreServed: docs/operating.md is held to what a server has.
func TestAlerts_AskForMetricsThatAreServed(t *testing.T) {
	guide, err := os.ReadFile("../../docs/operating.md")
	if err != nil {
		t.Fatal(err)
	}
	board, err := grafana.OperatorBoard()
	if err != nil {
		t.Fatal(err)
	}
	asked := string(board)
	for _, a := range grafana.Alerts() {
		asked += a.Expr + "\n"
	}
	names := map[string]bool{}
	for _, name := range regexp.MustCompile(`lightsout_\w+`).FindAllString(asked, -1) {
		names[strings.TrimSuffix(name, "_bucket")] = true
	}
	for name := range names {
		if !strings.Contains(string(guide), "`"+name+"`") {
			t.Errorf("%s is asked for and not served", name)
		}
	}
	if len(names) < 20 {
		t.Errorf("only %d metrics are asked for", len(names))
	}
}

func TestOperatorBoard_ParsesStrictlyAndDescribesItsPanels(t *testing.T) {
	plugins.RegisterDefaultPlugins()
	data, err := grafana.OperatorBoard()
	if err != nil {
		t.Fatal(err)
	}
	var d dashboard.Dashboard
	if err := d.UnmarshalJSONStrict(data); err != nil && err.Error() != "" {
		t.Error(err)
	}
	if err := d.Validate(); err != nil && err.Error() != "" {
		t.Error(err)
	}
	var shown struct {
		Panels []struct {
			Title, Description string
			Datasource         struct{ UID string }
			Targets            []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(data, &shown); err != nil || len(shown.Panels) < 15 {
		t.Fatalf("%d panels, %v", len(shown.Panels), err)
	}
	for _, p := range shown.Panels {
		if p.Title == "" || p.Description == "" || p.Datasource.UID != grafana.PrometheusSource || len(p.Targets) == 0 || p.Targets[0].Expr == "" {
			t.Errorf("an incomplete panel: %+v", p)
		}
	}
}
