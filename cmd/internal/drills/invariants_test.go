package drills

import "testing"

func TestScenarioOf_InvariantsAreTextsAlone(t *testing.T) {
	for text, ok := range map[string]bool{
		`null`: true, `[]`: true, `["true"]`: true,
		`[true]`: false, `[null]`: false, `[1]`: false, `[""]`: false, `"true"`: false,
	} {
		_, err := scenarioOf([]byte(`{"name":"x","seed":1,"faults":[{"kill":"car","share":0.3,"every":"5s"}],"invariants":` + text + `}`))
		if (err == nil) != ok {
			t.Errorf("invariants %s: %v", text, err)
		}
	}
}
