//go:build unix

package gateway

import "syscall"

// descriptorsKept are for the store, files and what is asked of other servers.
const descriptorsKept = 256

// descriptors is how many connections the system lets this process have beside what is kept.
func descriptors(most int) int {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) != nil || limit.Cur > uint64(most)+descriptorsKept {
		return most
	}
	return max(1, int(limit.Cur)-min(descriptorsKept, int(limit.Cur)/2))
}
