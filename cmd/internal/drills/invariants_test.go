package drills

import "testing"

func TestScenarioOf_InvariantsAreTextsAlone(t *testing.T) {
	for text, ok := range map[string]bool{
		`null`: false, `[]`: true, `["true"]`: true,
		`[true]`: false, `[null]`: false, `[1]`: false, `[""]`: false, `"true"`: false,
	} {
		_, err := scenarioOf([]byte(`{"name":"x","seed":1,"faults":[{"kill":"car","share":0.3,"every":"5s"}],"invariants":` + text + `}`))
		if (err == nil) != ok {
			t.Errorf("invariants %s: %v", text, err)
		}
	}
}

func TestScenarioOf_NullIsNoValue(t *testing.T) {
	for text, ok := range map[string]bool{
		`"at":null`: true, `"abort":null`: false, `"expect":{"longest_stall":null}`: false, `"about":null`: false, `"seed":null`: false, `"most":null`: false, `"about":"x"`: true,
		`"seed":18446744073709551615`: true, `"seed":18446744073709551616`: false, `"seed":1.8446744073709552e+19`: false, `"seed":-1`: false, `"seed":1.5`: false, `"seed":"7"`: false,
	} {
		_, err := scenarioOf([]byte(`{"name":"x","faults":[{"kill":"car","share":0.3,"every":"5s"}],` + text + `}`))
		if (err == nil) != ok {
			t.Errorf("%s: %v", text, err)
		}
	}
	if _, err := scenarioOf([]byte(`{"faults":[{"kill":"car","share":null,"every":"5s"}]}`)); err == nil {
		t.Error("a share that is null is taken")
	}
}
