package drill

import (
	"runtime"
	"runtime/metrics"
)

// liveHeap is how many bytes were in use at the end of the newest collection. It is of the whole process.
func liveHeap() int64 {
	s := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(s)
	return int64(s[0].Value.Uint64())
}

// Weigh notes how much memory is in use when the run begins.
func (r *Run) Weigh() { r.heap = liveHeap() }

// Weighed notes by how much that has grown.
func (r *Run) Weighed() { r.MemoryGrowth = liveHeap() - r.heap }

// collect makes the next weighing exact. It takes as long as a collection.
func collect() { runtime.GC() }
