//go:build unix

package gateway

import "syscall"

// reservedDescriptors are kept for the store, for files and for outgoing connections.
const reservedDescriptors = 256

// descriptors is how many of the wanted connections the process may open beside its reserved descriptors.
func descriptors(wanted int) int {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) != nil || limit.Cur > uint64(wanted)+reservedDescriptors {
		return wanted
	}
	return max(1, int(limit.Cur)-min(reservedDescriptors, int(limit.Cur)/2))
}
