package body

import (
	"bytes"
	"strings"
	"testing"

	"lightsout/transport"
)

func TestCountValues_CountsValuesAndNamesOutsideOfTexts(t *testing.T) {
	for text, want := range map[string]int{
		`1`: 1, `[]`: 2, `[1,2]`: 3, `{"a":1}`: 3, `{"a,b:[{":"\"[,"}`: 3, `[[],[],[]]`: 7, strings.Repeat("[[],", 1000): 3001,
	} {
		if got := countValues([]byte(text)); got != want {
			t.Errorf("%.20s: %d values, expected %d", text, got, want)
		}
	}
}

// An empty list takes one byte of msgpack and forty of memory.
func TestValues_RefusesMsgpackWithTooManyValues(t *testing.T) {
	list := append([]byte{0xdd, 0, 0x0f, 0, 0}, bytes.Repeat([]byte{0x90}, 0x0f0000)...)
	if _, err := (transport.Codec{}).Values(list); err == nil || !strings.Contains(err.Error(), "values") {
		t.Errorf("a million empty lists: %v", err)
	}
}
