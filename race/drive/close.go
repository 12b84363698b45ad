package drive

import "lightsout/race"

// Close ends a tick: it computes the next field from the field before and the rows of all cars, by CarIdx. The field owns rows
// from here on. The crossings are not kept and may be nil: the chequered flag follows from the rows, which hold each car's
// last crossing of the line.
func (m *Model) Close(prev *Field, in *Inputs, rows []Row, _ []Crossing) *Field {
	next := &Field{
		Tick: prev.Tick + 1, Time: (race.Micros(prev.Tick) + 1) * race.Micros(m.tickUS), Rows: rows,
		race: m.fingerprint, Flag: prev.Flag, YellowUntil: prev.YellowUntil, ChequeredAt: prev.ChequeredAt, Winner: prev.Winner,
	}
	if in != nil && in.Flag != nil && prev.ChequeredAt == race.NoTime {
		m.show(next, *in.Flag)
	}
	m.chequer(prev, next)
	m.warn(prev, next)
	m.neighbours(prev, next)
	return next
}

// show applies a flag ordered by race control.
func (m *Model) show(f *Field, flag race.FlagShown) {
	local := flag.Sector >= 1 && flag.Sector <= sectors
	switch {
	case flag.Flag == race.FlagYellow && local:
		f.YellowUntil[flag.Sector-1] = 1 << 62
	case flag.Flag == race.FlagClear && local:
		f.YellowUntil[flag.Sector-1] = 0
	case flag.Flag == race.FlagClear:
		f.YellowUntil = [sectors]race.Tick{}
		f.Flag = race.FlagClear
	case flag.Flag < race.FlagChequered:
		f.Flag = flag.Flag
	}
}

// chequer shows the chequered flag when the first car completes the distance, or the leader a lap after the time limit: earliest time, then lowest index, as crossings
// are ordered. Cars that cross the line later in the same tick have finished as well.
func (m *Model) chequer(prev, next *Field) {
	if next.ChequeredAt != race.NoTime {
		return
	}
	for i := range next.Rows {
		r := &next.Rows[i]
		if r.State == race.Finished && (next.Winner == race.NoCar || r.FinishAt < int64(next.ChequeredAt)) {
			next.Winner, next.ChequeredAt = race.CarIdx(i), race.Micros(r.FinishAt)
		}
	}
	if m.cfg.Duration > 0 {
		m.timeUp(prev, next)
	}
	if next.Winner == race.NoCar {
		return
	}
	next.YellowUntil, next.Flag = [sectors]race.Tick{}, race.FlagClear
	for i := range next.Rows {
		r := &next.Rows[i]
		after := r.FinishAt > int64(next.ChequeredAt) ||
			(r.FinishAt == int64(next.ChequeredAt) && race.CarIdx(i) > next.Winner)
		if !r.over() && r.FinishAt > int64(prev.Time) && after {
			r.finish()
		}
	}
}

// timeUp shows the flag to the leader if it has crossed the line in this tick, after the time limit. The leader has completed the most
// laps, and the last of them first, among the cars that were still in the race before the tick.
func (m *Model) timeUp(prev, next *Field) {
	leader := race.NoCar
	for i := range next.Rows {
		r := &next.Rows[i]
		if prev.Rows[i].State == race.Retired || r.FinishAt < 0 {
			continue
		}
		if leader == race.NoCar || r.Lap > next.Rows[leader].Lap || r.Lap == next.Rows[leader].Lap && r.FinishAt < next.Rows[leader].FinishAt {
			leader = race.CarIdx(i)
		}
	}
	if leader == race.NoCar {
		return
	}
	r := &next.Rows[leader]
	completed := r.Lap > 1 && r.FinishAt > int64(prev.Time)
	if completed && race.Micros(r.FinishAt) >= m.cfg.Duration && (next.Winner == race.NoCar || r.FinishAt < int64(next.ChequeredAt)) {
		next.Winner, next.ChequeredAt = leader, race.Micros(r.FinishAt)
		if !r.over() {
			r.finish()
		}
	}
}

// warn shows a yellow flag in the sector of a car that has stopped on the track.
func (m *Model) warn(prev, next *Field) {
	if next.ChequeredAt != race.NoTime {
		return
	}
	for i := range next.Rows {
		r, was := &next.Rows[i], &prev.Rows[i]
		if r.State == race.Retired && was.State != race.Retired && was.State != race.InPit {
			luck := permille(draw(m.cfg.Seed, forReason, int64(next.Tick), uint64(i), 1))
			until := next.Tick + race.Tick((m.p.flags.yellowMS+luck*m.p.flags.yellowExtraMS/1000)*int64(m.cfg.TickHz)/1000)
			s := m.sector(r.Clock)
			next.YellowUntil[s] = max(next.YellowUntil[s], until)
		}
	}
}

// Done reports whether the race is over for every car.
func (m *Model) Done(f *Field) bool {
	for i := range f.Rows {
		if !f.Rows[i].over() {
			return false
		}
	}
	return true
}

// neighbours computes the order on the road from the one before, which is almost sorted: the order begins at a place that goes
// round as fast as the best car, so that few cars pass it, and insertion sort does the rest.
func (m *Model) neighbours(prev, next *Field) {
	next.base = int64(next.Time) * 1000 % m.profile.lapNS
	at := m.spots(next)
	if prev == nil {
		m.firstOrder(next)
	} else {
		m.reorder(prev, next, at)
	}
	m.link(next, at)
	m.lead(next)
}

// spots are what the order on the road needs to know of each car, by CarIdx. The order jumps through memory, where rows would be too large
// for the caches.
type spots struct {
	key    []int64 // its place on the lap from the base on; -1 if the race is over for it
	onRoad []bool
}

func (m *Model) spots(f *Field) spots {
	at := spots{make([]int64, len(f.Rows)), make([]bool, len(f.Rows))}
	for i := range f.Rows {
		r := &f.Rows[i]
		at.key[i], at.onRoad[i] = -1, r.onRoad()
		if !r.over() {
			at.key[i] = m.key(r.Clock, f.base)
		}
	}
	return at
}

func (m *Model) key(clock, base int64) int64 {
	k := clock - base
	if k < 0 {
		k += m.profile.lapNS
	}
	return k
}

// reorder sorts the order: cars that passed the base backwards or forwards move to the other end at once, all others move by a
// few places at most.
func (m *Model) reorder(prev, next *Field, at spots) {
	order := make([]race.CarIdx, 0, len(prev.order))
	keys := make([]int64, 0, len(prev.order))
	half := m.profile.lapNS / 2
	var front, back []race.CarIdx
	for i, c := range prev.order {
		k := at.key[c]
		if k < 0 {
			continue
		}
		switch was := prev.keys[i]; {
		case k-was > half:
			back = append(back, c)
		case was-k > half:
			front = append(front, c)
		default:
			order, keys = append(order, c), append(keys, k)
		}
	}
	if len(front) > 0 {
		order = append(front, order...)
		keys = append(make([]int64, len(front)), keys...)
		for i, c := range front {
			keys[i] = at.key[c]
		}
	}
	for _, c := range back {
		order, keys = append(order, c), append(keys, at.key[c])
	}
	insertion(order, keys)
	next.order, next.keys = order, keys
}

func insertion(order []race.CarIdx, keys []int64) {
	for i := 1; i < len(order); i++ {
		c, k := order[i], keys[i]
		j := i
		for j > 0 && keys[j-1] > k {
			order[j], keys[j] = order[j-1], keys[j-1]
			j--
		}
		order[j], keys[j] = c, k
	}
}

// link sets the neighbours of each car on the track. The order is a ring.
func (m *Model) link(f *Field, at spots) {
	n := len(f.Rows)
	both := make([]race.CarIdx, 2*n)
	for i := range both {
		both[i] = race.NoCar
	}
	f.Ahead, f.Behind = both[:n:n], both[n:]
	first, last := race.NoCar, race.NoCar
	for _, c := range f.order {
		if !at.onRoad[c] {
			continue
		}
		if last == race.NoCar {
			first = c
		} else {
			f.Ahead[last], f.Behind[c] = c, last
		}
		last = c
	}
	if first != last {
		f.Ahead[last], f.Behind[first] = first, last
	}
}

func (m *Model) lead(f *Field) {
	f.Leader = race.NoCar
	for i := range f.Rows {
		r := &f.Rows[i]
		if r.over() {
			continue
		}
		if f.Leader == race.NoCar || m.lapping(r, &f.Rows[f.Leader]) {
			f.Leader = race.CarIdx(i)
		}
	}
}
