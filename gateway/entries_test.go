package gateway

import (
	"encoding/json"
	"strings"
	"testing"

	"lightsout/gateway/body"
	"lightsout/race"
)

func TestTransponder_IsLimitedInCharactersAndHasNoSpaceInAnyScript(t *testing.T) {
	for name, want := range map[string]bool{
		strings.Repeat("م", maxText): true, strings.Repeat("م", maxText+1): false, "a\u3000b": false, "a\u00a0b": false, "a b": false,
		"a\x00b": false, "ترانسبوندر-7": true,
	} {
		var faults []race.Fault
		f := body.NewObject(map[string]any{"driver_number": json.Number("7"), "transponders": []any{name}}, nil, &faults)
		e := readEntry(f, map[string]bool{})
		if kept := len(e.Transponders) == 1 && e.Transponders[0] == name; kept != want || want != (faults == nil) {
			t.Errorf("%q: kept %v, %v", name, kept, faults)
		}
	}
}
