package gateway

import (
	"bytes"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"lightsout/transport"
)

func TestCountValues(t *testing.T) {
	for text, want := range map[string]int{
		`1`: 1, `[]`: 2, `[1,2]`: 3, `{"a":1}`: 3, `{"a,b:[{":"\"[,"}`: 3, `[[],[],[]]`: 7, strings.Repeat("[[],", 1000): 3001,
	} {
		if got := countValues([]byte(text)); got != want {
			t.Errorf("%.20s: %d values, expected %d", text, got, want)
		}
	}
}

// TestValues_OfMsgpackAreCounted: an empty list takes one byte there, and forty in memory.
func TestValues_OfMsgpackAreCounted(t *testing.T) {
	list := append([]byte{0xdd, 0, 0x0f, 0, 0}, bytes.Repeat([]byte{0x90}, 0x0f0000)...)
	if _, err := (transport.Codec{}).Values(list); err == nil || !strings.Contains(err.Error(), "values") {
		t.Errorf("a million empty lists: %v", err)
	}
}

func TestStreamed_EndsWhatIsReadTooSlowly(t *testing.T) {
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
	if _, err := s.Read(buffer); !errors.Is(err, errReadSlowly) {
		t.Errorf("3 kB a second: %v", err)
	}
}
