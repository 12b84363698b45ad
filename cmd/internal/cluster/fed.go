package cluster

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"sync"
	"time"

	"lightsout/race"
)

// tellFedEvery is how often other processors are told how far races were fed. What was fed since is fed again after a takeover.
const tellFedEvery = 2 * time.Second

// fed is how far races were fed to InfluxDB, by whichever processor had them. It goes through the topic of states.
type fed struct {
	mu   sync.Mutex
	told map[race.ID]race.Fed // by the topic, and not taken
	due  map[race.ID]race.Fed // not written yet
}

func newFed() *fed {
	return &fed{told: map[race.ID]race.Fed{}, due: map[race.ID]race.Fed{}}
}

// Keys of what processes tell each other.
const (
	fedKey     = "fed/"
	circuitKey = "circuit/"
)

// told takes what a process told.
func (m *Member) told(key string, data []byte) {
	if id, is := strings.CutPrefix(key, fedKey); is {
		m.tellFed(race.ID(id), data)
		return
	}
	name, is := strings.CutPrefix(key, circuitKey)
	if is && len(data) > 0 && m.races != nil {
		m.races.Circuits().Learn(name, string(data))
	}
}

// ShareCircuit tells other processes of an imported circuit.
func (m *Member) ShareCircuit(key, text string) {
	m.node.Tell(race.ID(key), circuitKey+key, []byte(text))
}

// KeepFed tells other processors how far a race was fed.
func (m *Member) KeepFed(id race.ID, c race.Fed) {
	m.fed.mu.Lock()
	defer m.fed.mu.Unlock()
	m.fed.due[id] = c
}

// Fed is how far a race was fed by another processor, as far as this one was told.
func (m *Member) Fed(id race.ID) (race.Fed, bool) {
	m.fed.mu.Lock()
	defer m.fed.mu.Unlock()
	c, told := m.fed.told[id]
	return c, told
}

// ForgetFed forgets what was told of a race.
func (m *Member) ForgetFed(id race.ID) {
	m.fed.mu.Lock()
	defer m.fed.mu.Unlock()
	delete(m.fed.told, id)
}

// tellFed takes what the topic says; no data means that the race was deleted.
func (m *Member) tellFed(id race.ID, data []byte) {
	var c race.Fed
	if len(data) > 0 {
		if err := json.Unmarshal(data, &c); err != nil { // it is fed again
			m.cfg.Log.Warn("how far a race was fed cannot be read", slog.String("race", string(id)), slog.Any("err", err))
			return
		}
	}
	m.fed.mu.Lock()
	defer m.fed.mu.Unlock()
	if len(data) == 0 {
		delete(m.fed.told, id)
		return
	}
	m.fed.told[id] = c
}

// writeFed writes now and then how far races were fed, until ctx ends.
func (m *Member) writeFed(ctx context.Context) {
	tick := time.NewTicker(tellFedEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		m.fed.mu.Lock()
		due := m.fed.due
		m.fed.due = map[race.ID]race.Fed{}
		m.fed.mu.Unlock()
		for id, c := range due {
			data, err := json.Marshal(c)
			if err != nil {
				panic(err) // it is numbers
			}
			m.node.Tell(id, fedKey+string(id), data)
		}
	}
}
