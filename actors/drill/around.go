package drill

import (
	"os"
	"runtime"
	"sync/atomic"
	"time"

	"lightsout/race"
)

// recovers reports whether something happens again that a fault has kept from happening. Others only slow down everything.
func recovers(verb string) bool { return verb != "cpu" && verb != "memory" && verb != "spectators" }

// beginning is what begins when a fault strikes no actor; nil if it strikes actors, or something that is not there.
func (in *Injector) beginning(f *armed) func(time.Duration) {
	if in.around.Server != nil && f.verb != "server" && f.verb != "spectators" { // it strikes inside of the server
		return nil
	}
	if f.lasting() {
		return func(time.Duration) { f.slow.Store(true) }
	}
	switch f.verb {
	case "store":
		return in.store.close
	case "influx":
		return in.influx.close
	case "link":
		return in.link.close
	case "cpu":
		return takeCPU
	case "memory":
		return func(d time.Duration) { takeMemory(int(f.Size), d) }
	case "disk":
		if f.object == "torn" {
			return in.torn.begin
		}
		return in.failing.begin
	case "spectators":
		if in.around.Join != nil {
			return func(time.Duration) { in.around.Join(max(1, f.Number)) }
		}
	case "server":
		if in.around.Server != nil {
			return func(time.Duration) { in.around.Server(f.Fault) }
		}
	}
	return nil
}

// span is a time that began and ends by the clock.
type span struct{ until atomic.Int64 }

func (s *span) begin(d time.Duration) { s.until.Store(time.Now().Add(d).UnixNano()) }

func (s *span) is() bool { return time.Now().UnixNano() < s.until.Load() }

// lag is how much later something arrives where it is slow, and how long sending it takes: that of the slowest fault. n tells such things apart.
func (in *Injector) lag(verb string, n uint64, size func() int) (d, sending time.Duration) {
	if in.disarmed.Load() {
		return 0, 0
	}
	for _, f := range in.faults {
		if f.verb != verb || !f.slow.Load() || f.period(race.Micros(in.now.Load())) == 0 {
			continue
		}
		d = max(d, time.Duration(f.For)+time.Duration(in.chance(f, n, "jitter")*float64(f.Jitter)))
		if f.Bandwidth > 0 {
			sending = max(sending, time.Duration(float64(size())/float64(f.Bandwidth)*float64(time.Second)))
		}
	}
	return d, sending
}

// Reading is how long a spectator of the drill takes to read its n-th message.
func (in *Injector) Reading(n uint64, size int) time.Duration {
	d, sending := in.lag("spectators", n, func() int { return size })
	return d + sending
}

// Disk is what a drill's store lies on. It is a Disk of storage/sqlite.
func (in *Injector) Disk() *Disk { return &Disk{in: in} }

// Disk writes and syncs as faults allow.
type Disk struct {
	in    *Injector
	syncs atomic.Uint64
}

// Write is how many of n bytes are written.
func (d *Disk) Write(n int) int {
	switch {
	case d.in.disarmed.Load():
	case d.in.failing.is():
		return 0
	case d.in.torn.is():
		return n / 2
	}
	return n
}

// Sync reports whether what was written becomes durable. It takes its time.
func (d *Disk) Sync() bool {
	if wait, _ := d.in.lag("disk", d.syncs.Add(1), nil); wait > 0 {
		<-time.After(wait)
	}
	return d.in.disarmed.Load() || !d.in.failing.is()
}

// takeCPU keeps all processors busy for a while.
func takeCPU(d time.Duration) {
	until := time.Now().Add(d)
	for range runtime.GOMAXPROCS(0) {
		go func() {
			for time.Now().Before(until) { // nothing but that
			}
		}()
	}
}

// takeMemory takes memory for a while. Each page is written to, or the system would not give it.
func takeMemory(size int, d time.Duration) {
	taken := make([]byte, size)
	for i := 0; i < size; i += os.Getpagesize() {
		taken[i] = 1
	}
	time.AfterFunc(d, func() { runtime.KeepAlive(taken) })
}
