package gateway

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"mime/multipart"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"lightsout/gateway/body"
	"lightsout/race"
)

// importedDTO is an imported race, with notes on what is suspect.
type importedDTO struct {
	Race  raceDTO  `json:"race"`
	Notes []string `json:"notes"`
}

// importRace makes a race of a folder of CSV, sent as a form or a zip file, or of a log.
func (s *Server) importRace(c *fiber.Ctx) error {
	if log, is := c.Locals(logKey{}).(io.Reader); is {
		return s.importLog(c, log)
	}
	params, err := query(c, "name")
	if err != nil {
		return err
	}
	if wrong := body.TextFault(params["name"], maxText); wrong != "" {
		return &race.InvalidError{Faults: []race.Fault{{Field: "name", Message: wrong, Allowed: body.TextAllowed(maxText)}}}
	}
	leave, err := s.bodies.Enter(c.UserContext())
	if err != nil {
		return err
	}
	defer leave()
	dir, err := s.folderOf(c)
	if err != nil {
		return err
	}
	created, notes, err := s.deps.Races.Import(c.UserContext(), dir, params["name"])
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderLocation, s.public.path("api/v1/races/"+string(created.Race.ID)))
	return c.Status(fiber.StatusCreated).JSON(importedDTO{newRaceDTO(created), orEmpty(notes)})
}

// folderOf returns the folder in a body.
func (s *Server) folderOf(c *fiber.Ctx) (fs.FS, error) {
	kind := body.ContentType(c)
	data, err := s.bodies.Unpacked(c) // Fiber would unpack a form without a bound
	if err != nil {
		return nil, err
	}
	switch kind {
	case fiber.MIMEMultipartForm:
		form, err := formOf(c, data)
		if err != nil {
			return nil, refuse(fiber.StatusBadRequest, "the form cannot be read: "+err.Error())
		}
		return formFolder(form)
	case "application/zip":
		z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return nil, refuse(fiber.StatusBadRequest, "the zip file cannot be read: "+err.Error())
		}
		return s.zipFolder(z)
	default:
		return nil, refuse(fiber.StatusUnsupportedMediaType, fmt.Sprintf(
			"the content type is %q: expected %s with the files of a folder, application/zip, or %s", kind, fiber.MIMEMultipartForm, mimeLog))
	}
}

// formOf parses a form without temporary files.
func formOf(c *fiber.Ctx, data []byte) (*multipart.Form, error) {
	_, params, err := mime.ParseMediaType(c.Get(fiber.HeaderContentType))
	if err != nil {
		return nil, fmt.Errorf("its content type: %w", err)
	}
	return multipart.NewReader(bytes.NewReader(data), params["boundary"]).ReadForm(int64(len(data)))
}

func formFolder(form *multipart.Form) (fs.FS, error) {
	dir := files{}
	for _, sent := range form.File {
		for _, h := range sent {
			f, err := h.Open()
			if err != nil {
				return nil, refuse(fiber.StatusBadRequest, h.Filename+" cannot be read: "+err.Error())
			}
			data, err := io.ReadAll(f)
			if err := errors.Join(err, f.Close()); err != nil {
				return nil, refuse(fiber.StatusBadRequest, h.Filename+" cannot be read: "+err.Error())
			}
			if err := dir.put(h.Filename, func() ([]byte, error) { return data, nil }); err != nil {
				return nil, err
			}
		}
	}
	return dir, nil
}

// zipFolder returns the files of a zip file by their base names. A file is unpacked when it is opened, within the bounds of
// memory: an export also holds telemetry, which the import does not open.
func (s *Server) zipFolder(z *zip.Reader) (fs.FS, error) {
	dir, left := files{}, int64(s.cfg.MaxUnpacked)
	for _, f := range z.File {
		if f.FileInfo().IsDir() {
			continue
		}
		err := dir.put(f.Name, sync.OnceValues(func() ([]byte, error) {
			data, err := unzipped(f, left)
			if left -= int64(len(data)); err == nil && left < 0 {
				err = refuse(fiber.StatusRequestEntityTooLarge, fmt.Sprintf("the zip file unpacks to more than %d bytes", s.cfg.MaxUnpacked))
			}
			return data, err
		}))
		if err != nil {
			return nil, err
		}
	}
	return dir, nil
}

// unzipped reads a file of a zip file, up to one byte beyond the limit.
func unzipped(f *zip.File, limit int64) ([]byte, error) {
	r, err := f.Open()
	var data []byte
	if err == nil {
		data, err = io.ReadAll(io.LimitReader(r, max(0, limit)+1))
		err = errors.Join(err, r.Close())
	}
	if err != nil {
		return nil, refuse(fiber.StatusBadRequest, fmt.Sprintf("%s in the zip file cannot be read: %v", body.Clip(f.Name), err))
	}
	return data, nil
}

// files is a folder in memory: the contents of its files by their base names in lower case.
type files map[string]func() ([]byte, error)

// put adds a file by its base name. It refuses a second table of the same name: the client has sent two races.
func (d files) put(name string, content func() ([]byte, error)) error {
	plain := strings.ToLower(path.Base(name))
	_, twice := d[plain]
	if kind := path.Ext(plain); twice && (kind == ".csv" || kind == ".json") {
		return refuse(fiber.StatusBadRequest, fmt.Sprintf("%s was sent twice: expected the files of one race", body.Clip(plain)))
	}
	d[plain] = content
	return nil
}

// Open is part of fs.FS.
func (d files) Open(name string) (fs.File, error) {
	content, ok := d[name]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	data, err := content()
	if err != nil {
		return nil, err
	}
	return &file{bytes.NewReader(data), name}, nil
}

// file is an open file of a folder in memory, and its own fs.FileInfo.
type file struct {
	*bytes.Reader
	name string
}

func (f *file) Stat() (fs.FileInfo, error) { return f, nil }
func (f *file) Close() error               { return nil }
func (f *file) Name() string               { return f.name }
func (f *file) Mode() fs.FileMode          { return 0o444 }
func (f *file) ModTime() time.Time         { return time.Time{} }
func (f *file) IsDir() bool                { return false }
func (f *file) Sys() any                   { return nil }
