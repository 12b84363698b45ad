package grafana_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/grafana/grafana-foundation-sdk/go/cog/plugins"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"

	"lightsout/storage/grafana"
)

var update = flag.Bool("update", false, "rewrite the boards that are provisioned")

func TestBoards_EqualTheProvisionedFiles(t *testing.T) {
	boards, err := grafana.Boards()
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range boards {
		file := filepath.Join("boards", b.Name+".json")
		if *update {
			if err := os.WriteFile(file, b.JSON, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		have, err := os.ReadFile(file)
		if err != nil {
			t.Fatalf("%v: run task golden", err)
		}
		if diff := cmp.Diff(string(have), string(b.JSON)); diff != "" {
			t.Errorf("%s differs from the code: run task golden\n%.1000s", file, diff)
		}
	}
	if files, err := filepath.Glob("boards/*.json"); err != nil || len(files) != len(boards) {
		t.Errorf("%d files for %d boards, %v", len(files), len(boards), err)
	}
}

func TestBoards_ParseStrictlyAndDescribeTheirPanels(t *testing.T) {
	plugins.RegisterDefaultPlugins()
	boards, err := grafana.Boards()
	if err != nil {
		t.Fatal(err)
	}
	panels := 0
	for _, b := range boards {
		var d dashboard.Dashboard
		if err := d.UnmarshalJSONStrict(b.JSON); err != nil && err.Error() != "" {
			t.Errorf("%s: %v", b.Name, err)
		}
		if err := d.Validate(); err != nil && err.Error() != "" {
			t.Errorf("%s: %v", b.Name, err)
		}
		var shown struct {
			UID    string
			Panels []struct {
				Title, Description string
				Targets            []any
				GridPos            struct{ W, H int }
			}
		}
		if err := json.Unmarshal(b.JSON, &shown); err != nil {
			t.Fatal(err)
		}
		if shown.UID != "lightsout-"+b.Name {
			t.Errorf("%s has the uid %s", b.Name, shown.UID)
		}
		for _, p := range shown.Panels {
			panels++
			if p.Title == "" || p.Description == "" || len(p.Targets) == 0 || p.GridPos.W == 0 || p.GridPos.H == 0 {
				t.Errorf("%s has an incomplete panel: %+v", b.Name, p)
			}
		}
	}
	if panels < 30 {
		t.Errorf("%d panels", panels)
	}
}

func TestProvisioning_DefinesTheDataSourceOfTheBoards(t *testing.T) {
	data, err := os.ReadFile("provisioning/datasources/influxdb.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(data, []byte("uid: "+grafana.DataSource+"\n")) {
		t.Errorf("the provisioned data source is not %s", grafana.DataSource)
	}
	boards, err := grafana.Boards()
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range boards {
		var any map[string]any
		if err := json.Unmarshal(b.JSON, &any); err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(b.JSON, []byte(`"type": "influxdb"`)); n == 0 || n != bytes.Count(b.JSON, []byte(grafana.DataSource)) {
			t.Errorf("%s: %d panels query InfluxDB, some of them another data source", b.Name, n)
		}
	}
}
