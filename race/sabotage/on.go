//go:build sabotage

package sabotage

import (
	"fmt"
	"os"
)

// variable is the environment variable that names the switch.
const variable = "LIGHTSOUT_SABOTAGE"

var on = given()

// given is the switch that the environment names. An unknown name ends the program: a test of a switch that does nothing would prove
// nothing.
func given() Switch {
	name := os.Getenv(variable)
	s, err := Parse(name)
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", variable, err)
		os.Exit(2)
	}
	return s
}

// On reports whether a mechanism is broken.
func On(s Switch) bool { return s == on }
