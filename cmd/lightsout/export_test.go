package main

import (
	"archive/zip"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lightsout/cmd/internal/archive"
	"lightsout/cmd/internal/cli"
	"lightsout/storage/export"
)

// mustRaceFile keeps a race in a file and gives the file.
func mustRaceFile(t *testing.T, args ...string) string {
	t.Helper()
	db := filepath.Join(t.TempDir(), "races.db")
	args = append([]string{"simulate", "--circuit", "kartwerk", "--cars", "6", "--laps", "3", "--seed", "7", "--id", "kart", "--db", db}, args...)
	if _, _, err := command(t, args...); err != nil {
		t.Fatal(err)
	}
	return db
}

// mustExportJSON exports and gives what was said of it.
func mustExportJSON(t *testing.T, db string, args ...string) archive.Exported {
	t.Helper()
	out, _, err := command(t, append([]string{"export", "latest", "--db", db, "--json"}, args...)...)
	if err != nil {
		t.Fatal(err)
	}
	var got archive.Exported
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatal(err)
	}
	return got
}

func TestExport_WritesAFolderAZipFileOrATable(t *testing.T) {
	db := mustRaceFile(t)
	dir := t.TempDir()
	sizes := map[string]int64{}
	for _, format := range []string{"csv", "jsonl", "parquet"} {
		out := filepath.Join(dir, format)
		got := mustExportJSON(t, db, "--format", format, "--out", out)
		if got.Race != "kart" || len(got.Files) != len(export.Tables())+1 {
			t.Fatalf("%+v", got)
		}
		for _, f := range got.Files {
			info, err := os.Stat(filepath.Join(out, f.Name))
			if err != nil || info.Size() != f.Bytes || f.Bytes == 0 || f.Rows == 0 {
				t.Errorf("%+v: %v", f, err)
			}
			sizes[f.Name] = f.Bytes
		}
		if left, _ := filepath.Glob(filepath.Join(out, "*.partial")); left != nil {
			t.Errorf("left behind: %v", left)
		}
	}
	got := mustExportJSON(t, db, "--out", filepath.Join(dir, "race.zip"))
	z, err := zip.OpenReader(got.Out)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	for _, f := range z.File {
		if f.Modified.Year() < 2026 {
			t.Errorf("%s is of %v", f.Name, f.Modified)
		}
		if int64(f.UncompressedSize64) != sizes[f.Name] {
			t.Errorf("%s has %d bytes in the zip file, %d in the folder", f.Name, f.UncompressedSize64, sizes[f.Name])
		}
	}
	info, err := os.Stat(got.Out)
	if err != nil || info.Size() != got.Bytes || len(z.File) != len(export.Tables())+1 {
		t.Errorf("%+v, %d files: %v", got, len(z.File), err)
	}
	table, _, err := command(t, "export", "kart", "--db", db, "--table", "laps", "--out", "-")
	inFolder, failed := os.ReadFile(filepath.Join(dir, "csv", "laps.csv"))
	if err != nil || failed != nil || table != string(inFolder) || strings.Count(table, "\n") != 1+6*3 {
		t.Errorf("one table: %v, %v, %d lines", err, failed, strings.Count(table, "\n"))
	}
	if one := mustExportJSON(t, db, "--table", "laps", "--out", dir); one.Out != filepath.Join(dir, "kart-laps.csv") {
		t.Errorf("into a folder: %+v", one)
	}
	said, _, err := command(t, "export", "kart", "--db", db, "--format", "log", "--out", filepath.Join(dir, "race.lolog"))
	if err != nil || !strings.Contains(said, "race.lolog") {
		t.Errorf("%v: %s", err, said)
	}
}

func TestExport_OverwritesNothingAndNamesWhatIsWrong(t *testing.T) {
	db := mustRaceFile(t)
	taken := filepath.Join(t.TempDir(), "taken.csv")
	if err := os.WriteFile(taken, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "telemetry.csv"), []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"latest", "--table", "laps", "--out", taken}, "taken.csv is there already"},
		{[]string{"latest", "--out", folder}, "telemetry.csv is there already"},
		{[]string{"another"}, `no race "another": there are latest, kart`},
		{[]string{"latest", "--format", "xml"}, "csv, jsonl, parquet, log"},
		{[]string{"latest", "--table", "lap"}, "entries, lines, classification"},
		{[]string{"latest", "--table", "laps", "--format", "log"}, "a log is whole"},
		{[]string{"latest", "--out", "-"}, "choose a table"},
		{[]string{"latest", "--table", "laps", "--out", "-", "--json"}, "both want"},
		{[]string{"latest", "--table", "laps", "--out", filepath.Join(folder, "none", "laps.csv")}, "no such file"},
	} {
		_, _, err := command(t, append([]string{"export", "--db", db}, c.args...)...)
		if err == nil || !errors.Is(err, cli.ErrBadInput) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v, expected %q", c.args, err, c.want)
		}
	}
	if _, _, err := command(t, "export", "latest", "--db", filepath.Join(folder, "none.db")); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("no file of races: %v", err)
	}
	names, err := os.ReadDir(folder)
	if err != nil || len(names) != 1 {
		t.Errorf("what was refused left files behind: %v, %v", names, err)
	}
	if got := mustExportJSON(t, db, "--out", folder, "--force"); !slices.ContainsFunc(got.Files, func(f archive.ExportedFile) bool { return f.Name == "telemetry.csv" && f.Bytes > 100 }) {
		t.Errorf("--force: %+v", got)
	}
}
