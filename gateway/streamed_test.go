package gateway

import (
	"errors"
	"io"
	"net"
	"testing"
	"time"
)

func TestStreamed_CutsAClientThatReadsTooSlowly(t *testing.T) {
	here, there := net.Pipe()
	defer here.Close()
	defer there.Close()
	out, in := io.Pipe()
	go func() { _, _ = in.Write(make([]byte, 4<<20)) }()
	s := newStreamed(out, func() {}, here)
	buffer := make([]byte, 1<<20)
	if _, err := s.Read(buffer); err != nil {
		t.Fatal(err)
	}
	s.began = time.Now().Add(-time.Minute) // a megabyte in a minute
	if _, err := s.Read(buffer); err != nil {
		t.Errorf("17 kB a second: %v", err)
	}
	s.began = time.Now().Add(-10 * time.Minute)
	if _, err := s.Read(buffer); !errors.Is(err, errSlowReader) {
		t.Errorf("3 kB a second: %v", err)
	}
}
