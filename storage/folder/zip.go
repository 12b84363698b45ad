package folder

import (
	"archive/zip"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// zipped is the folder in a zip file: the files of a race, in any directory of it, by their names in small letters.
type zipped struct {
	z     *zip.Reader
	files map[string]string // by their names in the zip file
}

// Zip returns the folder in a zip file, which may be in subdirectories. A file that occurs twice is an Error.
func Zip(z *zip.Reader) (fs.FS, error) {
	out := zipped{z, map[string]string{}}
	for _, f := range z.File {
		name := strings.ToLower(path.Base(f.Name))
		if !slices.Contains(fileNames, name) || f.FileInfo().IsDir() {
			continue
		}
		if other, twice := out.files[name]; twice {
			return nil, &Error{f.Name, 0, fmt.Sprintf("the zip file has %s as well: expected one race", other)}
		}
		out.files[name] = f.Name
	}
	return out, nil
}

// Open implements fs.FS.
func (d zipped) Open(name string) (fs.File, error) {
	in, ok := d.files[name]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return d.z.Open(in)
}
