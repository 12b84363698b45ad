package cli

import (
	"testing"

	"lightsout/race/circuit"
)

func TestCrowded_SaysThatAFieldDoesNotFitOnTheCircuit(t *testing.T) {
	for _, one := range []struct {
		circuit string
		cars    int
		want    string
	}{
		{"speedway", 500, ""},
		{"speedway", 501, "501 cars on 2.75 km are 0.2 a metre: a load for the machine, without physical meaning as a race"},
		{"speedway", 100_000, "100000 cars on 2.75 km are 36 a metre: a load for the machine, without physical meaning as a race"},
		{"kartwerk", 10_000, "10000 cars on 1.18 km are 8.5 a metre: a load for the machine, without physical meaning as a race"},
		{"granite", 1_000, ""},
	} {
		c, err := circuit.Open(one.circuit)
		if err != nil {
			t.Fatal(err)
		}
		if got := Crowded(one.cars, c); got != one.want {
			t.Errorf("%d cars on %s: %q, want %q", one.cars, one.circuit, got, one.want)
		}
	}
}
