package export

import (
	"archive/zip"
	"fmt"
	"io"
	"time"

	"github.com/klauspost/compress/flate"
)

// Zip is a Folder in a single file.
type Zip struct {
	w      *zip.Writer
	packed bool
	made   time.Time // creation time of the race, so that the same race gives the same bytes
}

// NewZip begins a zip file for the tables of the race. Files that are already compressed are stored.
func (e *Export) NewZip(w io.Writer, f Format) *Zip {
	z := zip.NewWriter(w)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) })
	return &Zip{w: z, packed: f.Packed(), made: time.Unix(0, e.summary.CreatedAt).UTC()}
}

// Create begins a file; the previous one must be closed.
func (z *Zip) Create(name string) (io.WriteCloser, error) {
	method := zip.Deflate
	if z.packed {
		method = zip.Store
	}
	w, err := z.w.CreateHeader(&zip.FileHeader{Name: name, Method: method, Modified: z.made})
	if err != nil {
		return nil, fmt.Errorf("begin %s: %w", name, err)
	}
	return open{w}, nil
}

// Close writes the directory of the zip file.
func (z *Zip) Close() error {
	if err := z.w.Close(); err != nil {
		return fmt.Errorf("end the zip file: %w", err)
	}
	return nil
}

// open is a file that needs no closing.
type open struct{ io.Writer }

func (open) Close() error { return nil }
