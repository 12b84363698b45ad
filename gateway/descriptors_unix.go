//go:build unix

package gateway

import "syscall"

// reservedDescriptors are for the store, files and what is asked of other servers.
const reservedDescriptors = 256

// descriptors is how many connections the system lets this process have beside what is kept.
func descriptors(most int) int {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) != nil || limit.Cur > uint64(most)+reservedDescriptors {
		return most
	}
	return max(1, int(limit.Cur)-min(reservedDescriptors, int(limit.Cur)/2))
}
