package main

import (
	"encoding/json"
	"go/ast"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"go.yaml.in/yaml/v3"

	"lightsout/gateway"
	"lightsout/race"
)

// Limits of the README: it is for a stranger.
const (
	readmeWordsMax  = 1_100
	pictureBytesMax = 300_000
)

// guides are the README and the pages in docs, by their paths from the top.
func guides(t *testing.T) map[string]string {
	t.Helper()
	pages, err := filepath.Glob(filepath.Join(checkout, "docs", "*.md"))
	if err != nil || len(pages) < 9 {
		t.Fatalf("docs has only %v: %v", pages, err)
	}
	out := map[string]string{"README.md": mustText(t, "README.md")}
	for _, page := range pages {
		name := "docs/" + filepath.Base(page)
		out[name] = mustText(t, name)
	}
	return out
}

func TestREADME_IsShortAndHasAPictureAndTheTwoCommands(t *testing.T) {
	text := mustText(t, "README.md")
	if n := len(strings.Fields(text)); n > readmeWordsMax {
		t.Errorf("it has %d words, allowed are %d: move text to docs", n, readmeWordsMax)
	}
	for _, command := range []string{"go tool task run", "go tool task test"} {
		if !strings.Contains(text, "\n"+command+" ") {
			t.Errorf("%q is missing", command)
		}
	}
	picture := regexp.MustCompile(`!\[[^]]+\]\((docs/img/[^)]+)\)`).FindStringSubmatch(text)
	if picture == nil {
		t.Fatal("it has no picture")
	}
	if n := len(mustText(t, picture[1])); n > pictureBytesMax {
		t.Errorf("%s has %d bytes, allowed are %d", picture[1], n, pictureBytesMax)
	}
}

// anchor is how a heading is named in a link.
func anchor(heading string) string {
	heading = strings.ToLower(strings.TrimSpace(strings.TrimLeft(heading, "#")))
	heading = regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(heading, "")
	return strings.ReplaceAll(heading, " ", "-")
}

func TestDocs_LinksHaveTargets(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading := regexp.MustCompile(`(?m)^#+ .*$`)
	seen := 0
	for _, name := range trackedFiles(t) {
		if filepath.Ext(name) != ".md" {
			continue
		}
		if _, err := os.Stat(filepath.Join(checkout, name)); err != nil {
			continue // deleted, but still tracked
		}
		for _, m := range link.FindAllStringSubmatch(mustText(t, name), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			seen++
			path, fragment, _ := strings.Cut(m[1], "#")
			target := filepath.Join(filepath.Dir(name), path)
			if path == "" {
				target = name
			}
			if _, err := os.Stat(filepath.Join(checkout, target)); err != nil {
				t.Errorf("%s links to %s, which does not exist", name, m[1])
				continue
			}
			if fragment == "" {
				continue
			}
			is := func(h string) bool { return anchor(h) == fragment }
			if !slices.ContainsFunc(heading.FindAllString(mustText(t, target), -1), is) {
				t.Errorf("%s links to %s, which has no such heading", name, m[1])
			}
		}
	}
	if seen < 50 {
		t.Errorf("only %d links were seen", seen)
	}
}

// commandLines are the calls of a program in a page, as words: in blocks of sh, and in `code`.
func commandLines(text, program string) (out [][]string) {
	call := regexp.MustCompile("(?m)(?:^ *|`|&& |GOMAXPROCS=1 )" + regexp.QuoteMeta(program) + "((?: (?:\"[^\"]*\"|[^\\s`#&]+))*)")
	for _, m := range call.FindAllStringSubmatch(text, -1) {
		var words []string
		for _, w := range regexp.MustCompile(`"[^"]*"|\S+`).FindAllString(m[1], -1) {
			words = append(words, strings.Trim(w, `"`))
		}
		out = append(out, words)
	}
	return out
}

func TestDocs_ProgramAcceptsEachCommandLine(t *testing.T) {
	seen := 0
	for name, text := range guides(t) {
		for _, line := range commandLines(text, "lightsout") {
			if len(line) == 0 || line[0] == "--version" || line[0] == "completion" || slices.Contains(line, "--help") {
				continue
			}
			seen++
			if len(line) == 2 && line[0] == "db" && strings.Contains(line[1], "|") { // db info|check|…
				continue
			}
			if _, rest, err := newRoot().Find(line); err == nil && len(rest) == 0 { // its name alone, in a sentence
				continue
			}
			if err := parses(line); err != nil {
				t.Errorf("%s: lightsout %s: %v", name, strings.Join(line, " "), err)
			}
		}
	}
	if seen < 40 {
		t.Errorf("only %d command lines were seen", seen)
	}
}

func TestDocs_EachTaskThatTheyNameExists(t *testing.T) {
	var file struct{ Tasks map[string]any }
	if err := yaml.Unmarshal([]byte(mustText(t, "Taskfile.yml")), &file); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for name, text := range guides(t) {
		for _, line := range commandLines(text, "go tool task") {
			if len(line) == 0 {
				continue
			}
			seen[line[0]] = true
			if file.Tasks[line[0]] == nil {
				t.Errorf("%s: there is no task %s", name, line[0])
			}
		}
	}
	if len(seen) < 15 {
		t.Errorf("only %v were seen", seen)
	}
}

func TestDocs_ShowFilesAndCodeThatExist(t *testing.T) {
	var source strings.Builder
	for _, name := range trackedFiles(t) {
		if _, err := os.Stat(filepath.Join(checkout, name)); err == nil && filepath.Ext(name) == ".go" {
			source.WriteString(mustText(t, name))
		}
	}
	file := regexp.MustCompile("`([\\w.-]+/[\\w./-]+\\.(?:go|ts|json|yml|yaml|md|txt))`")
	block := regexp.MustCompile("(?s)```go\n(.*?)```")
	files, blocks := 0, 0
	for name, text := range guides(t) {
		if name == "docs/CHANGELOG.md" || name == "docs/DECISIONS.md" { // what was stays as it was
			continue
		}
		for _, m := range file.FindAllStringSubmatch(text, -1) {
			files++
			if _, err := os.Stat(filepath.Join(checkout, m[1])); err != nil {
				t.Errorf("%s names %s, which does not exist", name, m[1])
			}
		}
		for _, m := range block.FindAllStringSubmatch(text, -1) {
			blocks++
			if !strings.Contains(source.String(), m[1]) {
				t.Errorf("%s shows code that is nowhere:\n%s", name, m[1])
			}
		}
	}
	if files < 20 || blocks == 0 {
		t.Errorf("only %d files and %d blocks were seen", files, blocks)
	}
}

func TestDocs_EachRouteThatTheyCallIsServed(t *testing.T) {
	var api struct{ Paths map[string]any }
	if err := json.Unmarshal([]byte(mustText(t, "gateway/openapi.json")), &api); err != nil {
		t.Fatal(err)
	}
	seen := 0
	for name, text := range guides(t) {
		for _, m := range regexp.MustCompile(`\$B(/[a-zA-Z/]+)`).FindAllStringSubmatch(text, -1) {
			seen++
			if path := strings.NewReplacer("/ID", "/{id}", "/N", "/{n}").Replace(m[1]); api.Paths[path] == nil {
				t.Errorf("%s calls %s, which is not served", name, m[1])
			}
		}
	}
	if seen < 10 {
		t.Errorf("only %d calls were seen", seen)
	}
}

func TestArchitecture_NamesEachRoom(t *testing.T) {
	text := mustText(t, "docs/ARCHITECTURE.md")
	for room := range doors {
		if !strings.Contains(text, "`"+room+"`") {
			t.Errorf("the room %s is not in docs/ARCHITECTURE.md", room)
		}
	}
}

// number is how the limits are written.
func number(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func TestArchitecture_LimitsAreThoseOfTheCode(t *testing.T) {
	actual := map[string]string{
		"race.CarsMax": number(race.CarsMax), "race.LapsMax": number(race.LapsMax), "race.LinesMax": number(race.LinesMax),
		"race.TimeMax": number(int64(race.TimeMax/(24*race.Hour))) + " days", "race.RequestsKept": number(race.RequestsKept),
		"--max-cars": newServe().Flags().Lookup("max-cars").DefValue,
	}
	config := reflect.ValueOf(gateway.DefaultConfig())
	for i := range config.NumField() {
		name := config.Type().Field(i).Name
		if !ast.IsExported(name) || config.Field(i).Kind() != reflect.Int {
			continue
		}
		n := config.Field(i).Int()
		actual["gateway.Config."+name] = number(n)
		if n%(1<<20) == 0 && n > 0 {
			actual["gateway.Config."+name] = number(n>>20) + " MiB"
		}
	}
	_, table, _ := strings.Cut(mustText(t, "docs/ARCHITECTURE.md"), "\n## Limits\n")
	seen := 0
	for line := range strings.Lines(table) {
		cells := strings.Split(line, "|")
		for name, want := range actual {
			if len(cells) < 4 || !strings.Contains(cells[3], "`"+name+"`") {
				continue
			}
			seen++
			if !strings.Contains(cells[2], want) && !strings.Contains(strings.ReplaceAll(cells[2], ",", ""), want) {
				t.Errorf("%s is %s, written is%s", name, want, cells[2])
			}
		}
	}
	if seen != 12 {
		t.Errorf("%d limits were compared, expected 12", seen)
	}
}

func TestOperating_ListsTheMetricsThatAServerHas(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds and starts the server")
	}
	p := &process{t: t, bin: mustBuild(t), db: filepath.Join(t.TempDir(), "races.db")}
	p.start()
	defer p.end(syscall.SIGTERM)
	var served string
	for range 2 { // the first request is counted in the second answer
		_, served = fetch(t, "GET", p.url+"/metrics", "")
	}
	names := func(text, pattern string) (out []string) {
		for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
			if m[1] == "lightsout_simulator_race_standing_seconds" { // there are none while all races go on
				continue
			}
			if !strings.HasPrefix(m[1], "lightsout_feed_") && !slices.Contains(out, m[1]) { // without InfluxDB there are none
				out = append(out, m[1])
			}
		}
		slices.Sort(out)
		return out
	}
	want := names(served, `(?m)^# TYPE (lightsout_\w+)`)
	got := names(mustText(t, "docs/operating.md"), "`(lightsout_\\w+[a-z0-9])`")
	if !slices.Equal(got, want) || len(want) < 20 {
		t.Errorf("docs/operating.md lists\n%q\nserved are\n%q", got, want)
	}
}
