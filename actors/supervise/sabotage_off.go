//go:build !sabotage

package supervise

// Sabotaged is false except in a build with the tag sabotage, in which tests switch mechanisms off to see that drills notice.
func Sabotaged(string) bool { return false }
