//go:build !sabotage

package supervise

// Sabotaged is false but in a build with the tag sabotage, in which a test switches mechanisms off to see drills find it.
func Sabotaged(string) bool { return false }
