package drill_test

import (
	"strings"
	"testing"

	"lightsout/actors/drill"
)

func TestFault_WhatItDoesNotDoIsRefused(t *testing.T) {
	for fault, says := range map[string]string{
		"kill: car, chance: 0.5":                       "chance is given and means nothing for kill",
		"kill: car, for: 1s":                           "for is given and means nothing for kill",
		"panic: car, chance: 0.1, every: 1s":           "every is given and means nothing for panic",
		"panic: car, chance: 0.1, rate: 1":             "rate is given and means nothing for panic",
		"panic: car, chance: 0.1, when: after":         "when is given and means nothing for panic",
		"poison: car, chance: 0.5":                     "chance is given and means nothing for poison",
		"hits: lose, chance: 0.1, share: 0.5":          "share is given and means nothing for hits",
		"hits: late, chance: 0.1, for: 1s":             "for is given and means nothing for hits",
		"store: full, for: 1s, number: 2":              "number is given and means nothing for store",
		"link: cut, for: 1s, when: after":              "when is given and means nothing for link",
		"influx: away, for: 1s, share: 1":              "share is given and means nothing for influx",
		"kill: recorder, share: 0.5":                   "there is only one recorder",
		"stall: race, number: 2, for: 1s":              "there is only one race",
		"panic: publisher, chance: 0.1, number: 2":     "there is only one publisher",
		"kill: feed, rate: 1":                          "a feed sees none",
		"kill: simulator, rate: 1":                     "a simulator sees none",
		"kill: car, every: 1ms":                        "every is 1ms: allowed is a tick of the race, 100ms, and more",
		"store: slow, every: 99ms, for: 1ms":           "every is 99ms",
		"kill: car, rate: 1, every: 1s":                "rate is given with at or every",
		"kill: car, rate: 1, share: 0.5":               "rate is given with number or share",
		"kill: car, at: 1s, from: 2s":                  "at and from are given",
		"kill: car, every: 1s, from: 10s, until: 5s":   "until is 5s, and the fault begins at 10s",
		"kill: car, at: 1s, until: 5s":                 "until is given for a single strike",
		"store: full, at: 1s, until: 2s, for: 1s":      "until is given for a single strike",
		"hits: lose, chance: 0.1, from: 9s, until: 9s": "until is 9s",
		"disk: torn, at: 1s":                           "disk needs for, how long it lasts",
		"disk: slow, for: 1ms, every: 1s":              "every is given and means nothing for disk slow: allowed are from, until, for, jitter",
		"disk: broken, for: 1s":                        `disk is "broken": allowed are slow, torn, failing`,
		"link: slow, from: 1s":                         "link needs for",
		"link: cut, for: 1s, bandwidth: 1MB":           "bandwidth is given and means nothing for link cut",
		"link: slow, bandwidth: fast":                  `"fast" is no size: expected one such as 500kB or 64MiB`,
		"spectators: stuck, for: 1s":                   "for is given and means nothing for spectators stuck",
		"spectators: stuck, number: 1001":              "number is 1001: allowed are up to 1000 spectators",
		"memory: taken, for: 1s":                       "memory needs a size",
		"memory: taken, for: 1s, size: 17GiB":          "size is 17 GiB: allowed is up to 16 GiB",
		"server: kill, for: 1s":                        "for is given and means nothing for server kill",
		"server: stop, at: 1s":                         "server needs for",
		"server: kill}, {poison: car, at: 1s":          "which cars were lost is not known",
		"server: kill}, {disk: torn, for: 1s":          "has neither a disk to strike nor a feed",
	} {
		_, err := drill.Parse("x.yaml", []byte("faults: [{"+fault+"}]"))
		if err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), "fault ") && !strings.Contains(err.Error(), "no size") {
			t.Errorf("%s: got %v, expected %q", fault, err, says)
		}
	}
	for _, fault := range []string{
		"kill: timekeeper, rate: 0.5, from: 1s, until: 9s", "kill: race, at: 10s, every: 5s, until: 30s, when: after", "stall: car, share: 0.1, every: 100ms, for: 1ms",
		"panic: recorder, chance: 0.1, from: 1s, until: 2s", "panic: car, chance: 0.1, share: 0.2", "poison: car, number: 2, from: 1s, until: 2s",
		"hits: lose, chance: 0.1, from: 1s, until: 2s", "store: full, for: 1s, from: 1s", "kill: feed, every: 2s", "kill: simulator",
		"disk: slow, for: 1ms, jitter: 1ms, from: 1s, until: 9s", "disk: failing, every: 1s, for: 10ms", "link: slow, bandwidth: 2MB", "spectators: slow, bandwidth: 64KiB, for: 1ms",
		"spectators: stuck, number: 3, every: 5s, until: 9s", "memory: taken, size: 1GB, every: 10s, for: 1s", "server: kill, every: 10s}, {server: stop, at: 5s, for: 1s}, {kill: car",
	} {
		if _, err := drill.Parse("x.yaml", []byte("faults: [{"+fault+"}]")); err != nil {
			t.Errorf("%s: %v", fault, err)
		}
	}
}
