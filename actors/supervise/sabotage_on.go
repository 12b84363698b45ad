//go:build sabotage

package supervise

import "os"

var sabotage = os.Getenv("LIGHTSOUT_SABOTAGE")

// Sabotaged says that a mechanism is switched off: retry, once, fill-in.
func Sabotaged(mechanism string) bool { return sabotage == mechanism }
