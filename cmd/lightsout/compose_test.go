package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"
)

// composeFile is what of compose.yaml is looked at.
type composeFile struct {
	Services map[string]composeService
	Volumes  map[string]any
	Networks map[string]struct {
		IPAM struct{ Config []struct{ Subnet string } }
	}
}

type composeService struct {
	Image       string
	Build       string
	Command     []string
	Environment map[string]string
	Volumes     []string
	DependsOn   map[string]struct{ Condition string } `yaml:"depends_on"`
	Healthcheck struct {
		Test    []string
		Disable bool
	}
	Profiles []string
	Restart  string
	Ports    []string
	Networks map[string]struct {
		Address string `yaml:"ipv4_address"`
	}
	Deploy          struct{ Replicas int }
	StopGracePeriod string `yaml:"stop_grace_period"`
	MemLimit        string `yaml:"mem_limit"`
	ReadOnly        bool   `yaml:"read_only"`
	Tmpfs           []string
	CapDrop         []string `yaml:"cap_drop"`
	Logging         struct{ Options map[string]string }
}

// ends reports whether a service does its work and ends.
func (s composeService) ends() bool { return s.Restart == "no" }

// faults are what is wrong with the file, for a checkout at root.
func (f *composeFile) faults(root string) (out []string) {
	for name, s := range f.Services {
		fault := func(format string, args ...any) { out = append(out, name+": "+fmt.Sprintf(format, args...)) }
		f.look(root, s, fault)
		if len(s.Command) > 0 && s.Build != "" {
			if err := parses(s.Command); err != nil {
				fault("the command line %v: %v", s.Command, err)
			}
		}
		if test := s.Healthcheck.Test; len(test) > 2 && test[1] == "/lightsout" {
			if err := parses(test[2:]); err != nil {
				fault("the healthcheck %v: %v", test, err)
			}
		}
	}
	for _, missing := range f.unsetForGrafana(root) {
		out = append(out, "grafana: "+missing)
	}
	out = append(out, f.clusterFaults(root)...)
	slices.Sort(out)
	return out
}

// look is at what every service must have.
func (f *composeFile) look(root string, s composeService, fault func(format string, args ...any)) {
	if _, tag, tagged := strings.Cut(s.Image[strings.LastIndex(s.Image, "/")+1:], ":"); !tagged || tag == "" || tag == "latest" {
		fault("the image %q has no pinned tag", s.Image)
	}
	if (len(s.Healthcheck.Test) < 2 || s.Healthcheck.Test[0] == "NONE") && (!s.ends() || !s.Healthcheck.Disable) {
		fault("it has no healthcheck")
	}
	if s.Restart != "unless-stopped" && !s.ends() {
		fault("it is not started again: %q", s.Restart)
	}
	f.lookAtBounds(s, fault)
	for other, on := range s.DependsOn {
		of, there := f.Services[other]
		if !there {
			fault("it depends on %q, which is no service", other)
		}
		if len(of.Profiles) > 0 && !slices.Equal(of.Profiles, s.Profiles) {
			fault("it depends on %s, which is only in the profile %v", other, of.Profiles)
		}
		if there && of.ends() != (on.Condition == "service_completed_successfully") {
			fault("it waits for %s to be %q, which does not end or never is", other, on.Condition)
		}
		if !slices.Contains([]string{"service_started", "service_healthy", "service_completed_successfully"}, on.Condition) {
			fault("it waits for %s to be %q", other, on.Condition)
		}
	}
	for _, v := range s.Volumes {
		from, _, _ := strings.Cut(v, ":")
		_, named := f.Volumes[from]
		switch _, err := os.Stat(filepath.Join(root, from)); {
		case strings.HasPrefix(from, ".") && err != nil:
			fault("it mounts %s: %v", from, err)
		case !strings.HasPrefix(from, ".") && !named:
			fault("it mounts %s, which is no volume", from)
		}
	}
	if _, err := os.Stat(filepath.Join(root, s.Build, "Dockerfile")); s.Build != "" && err != nil {
		fault("it cannot be built: %v", err)
	}
}

// lookAtBounds is at what a service may take and write.
func (f *composeFile) lookAtBounds(s composeService, fault func(format string, args ...any)) {
	if s.MemLimit == "" {
		fault("its memory is not bounded")
	}
	if s.Logging.Options["max-size"] == "" || s.Logging.Options["max-file"] == "" {
		fault("its log is not bounded")
	}
	if !s.ReadOnly && !strings.HasPrefix(s.Image, "apache/kafka:") {
		fault("its root is not read-only")
	}
	if s.Build != "" && !slices.Equal(s.CapDrop, []string{"ALL"}) {
		fault("it may become what it wants: %q", s.CapDrop)
	}
}

// parses says whether the program takes a command line.
func parses(line []string) error {
	_, err := parsed(line)
	return err
}

// parsed is the command of a command line, with its flags.
func parsed(line []string) (*cobra.Command, error) {
	cmd, rest, err := newRoot().Find(line)
	if err != nil {
		return nil, err
	}
	if !cmd.Runnable() || len(line) == 0 {
		return nil, fmt.Errorf("%q is no command", strings.Join(line, " "))
	}
	if err := cmd.ParseFlags(rest); err != nil {
		return nil, err
	}
	return cmd, cmd.ValidateArgs(cmd.Flags().Args())
}

// unsetForGrafana are the variables of the provisioning files that the service grafana does not set.
func (f *composeFile) unsetForGrafana(root string) (out []string) {
	files, err := filepath.Glob(filepath.Join(root, "storage/grafana/provisioning/*/*.yaml"))
	if err != nil || len(files) == 0 {
		return []string{"nothing is provisioned"}
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return []string{err.Error()}
		}
		for _, m := range regexp.MustCompile(`\$__file\{(.*)\}`).FindAllStringSubmatch(string(data), -1) {
			if len(volumesAt(f.Services["grafana"], filepath.Dir(m[1]))) != 1 {
				out = append(out, fmt.Sprintf("%s reads %s, which is on no volume", filepath.Base(file), m[1]))
			}
		}
		for _, m := range regexp.MustCompile(`\$\{?([A-Za-z][A-Za-z0-9_]*)`).FindAllStringSubmatch(string(data), -1) {
			if f.Services["grafana"].Environment[m[1]] == "" {
				out = append(out, fmt.Sprintf("%s needs %s, which is not set", filepath.Base(file), m[1]))
			}
		}
	}
	return out
}

// checkout is where compose.yaml lies.
const checkout = "../.."

func mustText(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(checkout, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func mustCompose(t *testing.T, text string) *composeFile {
	t.Helper()
	var f composeFile
	if err := yaml.Unmarshal([]byte(text), &f); err != nil {
		t.Fatal(err)
	}
	if len(f.Services) < 3 {
		t.Fatalf("it has %d services", len(f.Services))
	}
	return &f
}

// plant writes something wrong wherever a pattern is found.
func plant(t *testing.T, text, pattern, with string) string {
	t.Helper()
	out := regexp.MustCompile(pattern).ReplaceAllLiteralString(text, with)
	if out == text {
		t.Errorf("nothing in the file is like %s", pattern)
	}
	return out
}

func TestCompose_NamesFilesFlagsAndTasksThatExist(t *testing.T) {
	text := mustText(t, "compose.yaml")
	if faults := mustCompose(t, text).faults(checkout); len(faults) > 0 {
		t.Error(strings.Join(faults, "\n"))
	}
	for _, planted := range []struct{ old, with, fault string }{
		{"--influx-org=", "--influx-organisation=", "unknown flag: --influx-organisation"},
		{"- serve", "- race", `unknown command "race"`},
		{"--demo", "--demo=perhaps", `invalid argument "perhaps"`},
		{"- --demo", "- demo", "unknown command"},
		{`\./storage/grafana/boards:`, "./storage/grafana/panels:", "it mounts ./storage/grafana/panels"},
		{`"grafana:/var`, `"board:/var`, "it mounts board, which is no volume"},
		{`influxdb:\d\S+`, "influxdb", "no pinned tag"},
		{`grafana-oss:\S+`, "grafana-oss:latest", "no pinned tag"},
		{`\["CMD", "influx", "ping"]`, `["NONE"]`, "influxdb: it has no healthcheck"},
		{"INFLUX_ORG:", "INFLUXDB_ORG:", "needs INFLUX_ORG, which is not set"},
		{"influxdb: { condition", "influx: { condition", `it depends on "influx", which is no service`},
		{"service_healthy", "healthy", `it waits for influxdb to be "healthy"`},
		{`build: \.`, "build: ui", "it cannot be built"},
		{`"health"]`, `"healthy"]`, "lightsout: the healthcheck"},
		{`mem_limit: 4g`, "", "its memory is not bounded"},
		{`, max-file: "5"`, "", "its log is not bounded"},
		{`read_only: true\n  cap_drop`, "cap_drop", "its root is not read-only"},
		{`cap_drop: .*`, "", "it may become what it wants"},
		{`"tokens:/tokens:ro"\n`, "\"tokens:/tokenz:ro\"\n", "which is on no volume"},
	} {
		faults := mustCompose(t, plant(t, text, planted.old, planted.with)).faults(checkout)
		if !strings.Contains(strings.Join(faults, "\n"), planted.fault) {
			t.Errorf("with %q instead of %q the faults are %q", planted.with, planted.old, faults)
		}
	}
}

// TestCompose_HasNoPasswordOfItsOwn: what everybody knows is in the file for a trial alone.
func TestCompose_HasNoPasswordOfItsOwn(t *testing.T) {
	text, trial := mustText(t, "compose.yaml"), mustText(t, "deploy/trial.env")
	secret := regexp.MustCompile(`(TOKEN|PASSWORD|SECRET)\w*:? *(.*)`)
	seen := 0
	for line := range strings.Lines(text) {
		m := secret.FindStringSubmatch(line)
		if m == nil || strings.HasPrefix(strings.TrimSpace(line), "#") {
			continue
		}
		seen++
		needed := regexp.MustCompile(`^\$\{([A-Z_]+):\?.+\}$`).FindStringSubmatch(m[2])
		if needed == nil {
			t.Errorf("a secret has a value: %s", line)
		} else if !regexp.MustCompile(`(?m)^` + needed[1] + `=\S+$`).MatchString(trial) {
			t.Errorf("deploy/trial.env does not set %s", needed[1])
		}
	}
	if seen < 5 {
		t.Errorf("%d secrets were seen", seen)
	}
}

// dockerFaults are what is wrong with a Dockerfile, for a checkout at root.
func dockerFaults(text, root, goMod, packageJSON string) (out []string) {
	fault := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	user, stages, images := "", map[string]bool{}, map[string]string{}
	for _, line := range strings.Split(strings.ReplaceAll(text, "\\\n", " "), "\n") {
		words := strings.Fields(line)
		if len(words) < 2 {
			continue
		}
		switch words[0] {
		case "FROM":
			user = "" // an image's own, of which nothing is known here
			name, tag, tagged := strings.Cut(words[1], ":")
			if !tagged || tag == "latest" {
				fault("the image %s has no pinned tag", words[1])
			}
			images[name] = tag
			if len(words) == 4 {
				stages[words[3]] = true
			}
		case "USER":
			user = words[1]
		case "COPY":
			copyFaults(words[1:], root, stages, fault)
		case "CMD", "HEALTHCHECK":
			var args []string
			_, list, _ := strings.Cut(line, "CMD ")
			err := json.Unmarshal([]byte(list), &args)
			if args = slices.DeleteFunc(args, func(s string) bool { return s == "/lightsout" }); err == nil && len(args) > 0 {
				err = parses(args)
			}
			if err != nil || len(args) == 0 {
				fault("the command line %s: %v", list, err)
			}
		}
	}
	if name, _, _ := strings.Cut(user, ":"); name == "" || name == "root" || name == "0" {
		fault("it ends as the user %q", user)
	}
	asked := regexp.MustCompile(`(?m)^go ((\d+\.\d+)\S*)`).FindStringSubmatch(goMod)
	if asked == nil || !strings.HasPrefix(images["golang"], asked[2]+".") || !notBefore(images["golang"], asked[1]) {
		fault("it builds with Go %s, go.mod asks for %q", images["golang"], asked)
	}
	var ui struct{ Engines struct{ Node string } }
	err := json.Unmarshal([]byte(packageJSON), &ui)
	least, atLeast := strings.CutPrefix(ui.Engines.Node, ">=")
	if err != nil || !atLeast || !notBefore(images["node"], least) {
		fault("it builds the page with Node %s, package.json asks for %q %v", images["node"], ui.Engines.Node, err)
	}
	return out
}

// copyFaults looks whether what is copied is there.
func copyFaults(words []string, root string, stages map[string]bool, fault func(format string, args ...any)) {
	for strings.HasPrefix(words[0], "--") {
		if stage, from := strings.CutPrefix(words[0], "--from="); from {
			if !stages[stage] {
				fault("it copies from %q, which is no stage before", stage)
			}
			return
		}
		words = words[1:]
	}
	for _, source := range words[:len(words)-1] {
		if found, err := filepath.Glob(filepath.Join(root, source)); err != nil || len(found) == 0 {
			fault("it copies %s, which is not there", source)
		}
	}
}

// notBefore compares versions such as 22.14.0-slim by their numbers; one that says less than is asked for is taken as .0.
func notBefore(version, least string) bool {
	numbers := func(s string) (out [3]int) {
		s, _, _ = strings.Cut(strings.TrimSpace(s), "-")
		for i, part := range strings.SplitN(s, ".", 3) {
			out[i], _ = strconv.Atoi(part)
		}
		return out
	}
	v, l := numbers(version), numbers(least)
	return slices.Compare(v[:], l[:]) >= 0 && l[0] > 0
}

func TestDockerfile_CopiesFilesThatExist(t *testing.T) {
	text, goMod, ui := mustText(t, "Dockerfile"), mustText(t, "go.mod"), mustText(t, "ui/package.json")
	if faults := dockerFaults(text, checkout, goMod, ui); len(faults) > 0 {
		t.Error(strings.Join(faults, "\n"))
	}
	for _, planted := range []struct{ old, with, fault string }{
		{`ui/package-lock\.json`, "ui/yarn.lock", "it copies ui/yarn.lock, which is not there"},
		{"--from=ui", "--from=page", `it copies from "page", which is no stage before`},
		{"USER nonroot", "USER root:root", `it ends as the user "root:root"`},
		{"USER nonroot\n", "", `it ends as the user ""`},
		{`golang:1\.`, "golang:2.", "it builds with Go 2."},
		{`golang:1\.(\d+)\S+`, "golang:1.9.9-bookworm", "it builds with Go 1.9.9"},
		{`CMD \["serve"`, `CMD ["server"`, "the command line"},
		{`"/lightsout", "health"`, `"/lightsout", "ping"`, "the command line"},
		{`node:[0-9.]+`, "node:20.18.3", "it builds the page with Node 20.18.3"},
		{"static-debian12:nonroot", "static-debian12", "has no pinned tag"},
	} {
		faults := dockerFaults(plant(t, text, planted.old, planted.with), checkout, goMod, ui)
		if len(faults) != 1 || !strings.Contains(faults[0], planted.fault) {
			t.Errorf("with %q instead of %q the faults are %q", planted.with, planted.old, faults)
		}
	}
	if diff := cmp.Diff([]bool{true, true, false, false, true}, []bool{
		notBefore("22.14.0-bookworm-slim", "20.19"), notBefore("20.19", "20.19.0"), notBefore("20.9.1", "20.19"), notBefore("22", ""), notBefore("22", "20.19"),
	}); diff != "" {
		t.Error(diff)
	}
}
