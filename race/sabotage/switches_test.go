package sabotage

import "testing"

func TestSwitches_EachIsInTheTableOnce(t *testing.T) {
	all := Switches()
	if len(all) != int(end)-1 {
		t.Errorf("%d switches, and %d in the table", end-1, len(all))
	}
	for i, e := range all {
		back, err := Parse(e.Name)
		if e.Switch != Switch(i+1) || e.Name == "" || e.Breaks == "" || e.Scenario == "" || back != e.Switch || err != nil || e.Switch.String() != e.Name {
			t.Errorf("line %d of the table is %+v; its name is read as %v, %v", i+1, e, back, err)
		}
	}
	if _, err := Parse("fill_in"); err == nil {
		t.Error("an unknown switch is accepted")
	}
}
