//go:build linux || darwin || freebsd

package sqlite

import "syscall"

// diskFree is how many bytes this user may still write beside path; -1 if the system does not say.
func diskFree(path string) int64 {
	var at syscall.Statfs_t
	if syscall.Statfs(path, &at) != nil {
		return -1
	}
	return int64(at.Bavail) * int64(at.Bsize) // the types differ between systems
}
