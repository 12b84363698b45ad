package grafana

import (
	"fmt"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// PrometheusSource is the uid of the provisioned Prometheus.
const PrometheusSource = "lightsout-prometheus"

// rulesHead begins each file of rules.
const rulesHead = "# Written by the code (storage/grafana/alerts.go): go tool task golden. docs/operating.md says what to do.\n"

// evaluateEvery is how often rules are evaluated.
const evaluateEvery = 15 * time.Second

func lower(name string) string { return strings.ToLower(name) }

// prometheusRules is a file of rules as Prometheus reads it.
type prometheusRules struct {
	Groups []prometheusGroup `yaml:"groups"`
}

type prometheusGroup struct {
	Name     string           `yaml:"name"`
	Interval string           `yaml:"interval"`
	Rules    []prometheusRule `yaml:"rules"`
}

type prometheusRule struct {
	Alert       string            `yaml:"alert"`
	Expr        string            `yaml:"expr"`
	For         string            `yaml:"for,omitempty"`
	Labels      map[string]string `yaml:"labels"`
	Annotations map[string]string `yaml:"annotations"`
}

// PrometheusRules are the alerts as a file of rules for Prometheus.
func PrometheusRules() ([]byte, error) {
	group := prometheusGroup{Name: "lightsout", Interval: evaluateEvery.String()}
	for _, a := range Alerts() {
		rule := prometheusRule{Alert: a.Name, Expr: a.Expr, Labels: a.labels(), Annotations: a.annotations()}
		if a.For > 0 {
			rule.For = seconds(a.For)
		}
		group.Rules = append(group.Rules, rule)
	}
	return written(prometheusRules{[]prometheusGroup{group}})
}

// grafanaRules is a file of rules as Grafana's provisioning reads it.
type grafanaRules struct {
	APIVersion int            `yaml:"apiVersion"`
	Groups     []grafanaGroup `yaml:"groups"`
}

type grafanaGroup struct {
	OrgID    int           `yaml:"orgId"`
	Name     string        `yaml:"name"`
	Folder   string        `yaml:"folder"`
	Interval string        `yaml:"interval"`
	Rules    []grafanaRule `yaml:"rules"`
}

type grafanaRule struct {
	UID          string            `yaml:"uid"`
	Title        string            `yaml:"title"`
	Condition    string            `yaml:"condition"`
	Data         []grafanaQuery    `yaml:"data"`
	NoDataState  string            `yaml:"noDataState"`
	ExecErrState string            `yaml:"execErrState"`
	For          string            `yaml:"for"`
	Labels       map[string]string `yaml:"labels"`
	Annotations  map[string]string `yaml:"annotations"`
}

type grafanaQuery struct {
	RefID             string         `yaml:"refId"`
	DatasourceUID     string         `yaml:"datasourceUid"`
	RelativeTimeRange timeRange      `yaml:"relativeTimeRange"`
	Model             map[string]any `yaml:"model"`
}

type timeRange struct {
	From int `yaml:"from"` // seconds ago
	To   int `yaml:"to"`
}

// Rules are the alerts as a file for Grafana's provisioning. A series that the expression yields fires, none is well.
func Rules() ([]byte, error) {
	group := grafanaGroup{OrgID: 1, Name: "lightsout", Folder: "Lights Out", Interval: evaluateEvery.String()}
	for _, a := range Alerts() {
		group.Rules = append(group.Rules, grafanaRule{
			UID: "lightsout-" + lower(a.Name), Title: a.Name, Condition: "fires",
			Data: []grafanaQuery{
				{
					RefID: "value", DatasourceUID: PrometheusSource, RelativeTimeRange: timeRange{From: 600},
					Model: map[string]any{"refId": "value", "expr": a.Expr, "instant": true, "range": false, "editorMode": "code"},
				},
				{
					RefID: "fires", DatasourceUID: "__expr__", RelativeTimeRange: timeRange{From: 600},
					Model: map[string]any{
						"refId": "fires", "type": "threshold", "expression": "value",
						"conditions": []any{map[string]any{"evaluator": map[string]any{"type": "gt", "params": []any{0}}}},
					},
				},
			},
			NoDataState: "OK", ExecErrState: "Error", For: seconds(a.For), Labels: a.labels(), Annotations: a.annotations(),
		})
	}
	return written(grafanaRules{1, []grafanaGroup{group}})
}

func (a Alert) labels() map[string]string { return map[string]string{"severity": string(a.Severity)} }

func (a Alert) annotations() map[string]string {
	return map[string]string{"summary": a.Summary, "runbook": a.Runbook()}
}

// seconds is a duration as both of them write it.
func seconds(d time.Duration) string { return fmt.Sprintf("%ds", int(d.Seconds())) }

func written(rules any) ([]byte, error) {
	var out strings.Builder
	out.WriteString(rulesHead)
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	if err := enc.Encode(rules); err != nil {
		return nil, fmt.Errorf("write the rules: %w", err)
	}
	return []byte(out.String()), nil
}
