package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"lightsout/cmd/internal/cli"
	"lightsout/race/document"
)

// checkFormats returns an error for an unknown format of documents.
func checkFormats(formats []string) error {
	for _, f := range formats {
		if !slices.Contains(document.Formats(), f) {
			return cli.BadInput("--format has %q: allowed are %s", f, strings.Join(document.Formats(), ", "))
		}
	}
	if len(formats) == 0 {
		return cli.BadInput("--format is empty: allowed are %s", strings.Join(document.Formats(), ", "))
	}
	return nil
}

// writeDocuments writes all documents of a race into a folder, named NAME.FORMAT.
func writeDocuments(dir string, formats []string, in *document.Input, status io.Writer) error {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return cli.BadInput("--documents: %w", err)
	}
	for _, name := range document.Names() {
		d, err := document.Make(name, in)
		if err != nil {
			return fmt.Errorf("make the document %s: %w", name, err)
		}
		for _, format := range formats {
			if err := writeDocument(filepath.Join(dir, name+"."+format), d, format); err != nil {
				return err
			}
		}
	}
	fmt.Fprintf(status, "%d documents in %s\n", len(document.Names())*len(formats), dir)
	return nil
}

// instant writes UTC nanoseconds in RFC 3339; empty for 0, which means none.
func instant(ns int64) string {
	if ns == 0 {
		return ""
	}
	return time.Unix(0, ns).UTC().Format(time.RFC3339Nano)
}

func writeDocument(path string, d *document.Document, format string) error {
	if err := cli.WriteFile(path, func(w io.Writer) error { return d.Write(w, format) }); err != nil {
		return fmt.Errorf("--documents: %w", err)
	}
	return nil
}
