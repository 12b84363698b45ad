//go:build !(linux || darwin || freebsd)

package sqlite

// diskFree is not known on this system.
func diskFree(string) int64 { return -1 }
