package drive

import (
	"sort"

	"lightsout/race"
)

// firstOrder sorts all cars that are in the race by their place on the lap, from the base on; cars at the same place by index.
func (m *Model) firstOrder(f *Field) {
	for i := range f.Rows {
		if !f.Rows[i].over() {
			f.order = append(f.order, race.CarIdx(i))
		}
	}
	sort.SliceStable(f.order, func(a, b int) bool {
		return m.key(f.Rows[f.order[a]].Clock, f.base) < m.key(f.Rows[f.order[b]].Clock, f.base)
	})
	f.measure(m)
}

// measure computes the keys of the order.
func (f *Field) measure(m *Model) {
	f.keys = make([]int64, len(f.order))
	for i, c := range f.order {
		f.keys[i] = m.key(f.Rows[c].Clock, f.base)
	}
}
