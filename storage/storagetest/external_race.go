package storagetest

import (
	"fmt"
	"slices"
	"testing"

	"lightsout/race"
)

// MustKeepExternalRace appends the records of ExternalRace to a store, numbered from 1.
func MustKeepExternalRace(t *testing.T, store Journal) {
	t.Helper()
	seq := race.Seq(0)
	for count, in := range ExternalRace() {
		b := &race.Batch{Race: "external", Count: uint64(count + 1), Records: in.Records}
		for i := range b.Records {
			seq++
			b.Records[i].Seq = seq
		}
		MustAppend(t, store, b)
	}
}

// ExternalRace returns a race of real cars in reports: 6 cars, 5 laps, rulings of which one is refused, and samples.
func ExternalRace() []race.Report {
	info := race.Race{
		ID: "external", Name: "Told", Kind: race.External, Cars: 6, Rules: race.Kart(5),
		Lines: []race.Line{{Kind: race.LineFinish, Sector: 3}, {Kind: race.LineSector, Sector: 1}},
	}
	first := race.Report{New: true, Key: "head", Records: []race.Record{{Body: race.Announced{Race: info}}}}
	for car := range info.Cars {
		first.Records = append(first.Records, race.Record{Body: race.Entered{Entry: race.Entry{Number: car + 1, Grid: car + 1}}})
	}
	first.Records = append(first.Records, race.Record{Body: race.Started{}})
	all := []race.Report{first}
	for n := range 10 {
		in := race.Report{}
		for car := range info.Cars {
			at := race.Micros(n+1)*15*race.Second + race.Micros(car)*race.Micros(n%3+1)*100*race.Millisecond
			in.Records = append(in.Records, race.Record{Time: at, Body: race.Passing{Car: race.CarIdx(car), Line: (n + 1) % 2, Source: &race.Source{
				Decoder: "main", Sequence: uint64(n*info.Cars + car),
			}}})
		}
		slices.Reverse(in.Records)
		in.Samples = []race.Sample{{Car: 1, Time: race.Micros(n) * race.Second, SpeedDKMH: 80 + n}}
		rule := func(b race.Body) race.Report {
			return race.Report{Key: fmt.Sprint("ruling ", n), Records: []race.Record{{Time: race.Micros(n) * 15 * race.Second, Author: "A", Body: b}}}
		}
		all = append(all, in)
		switch n {
		case 3:
			all = append(all, rule(race.Penalised{Car: 0, Amount: 5 * race.Second, Reason: "r"}))
		case 5:
			all = append(all, rule(race.Corrected{Passing: 100_000, Reason: "there is none"}))
		case 6:
			all = append(all, rule(race.CarRetired{Car: 5, Reason: "engine"}))
		}
	}
	return append(all, race.Report{Key: "end", Records: []race.Record{{Time: 3 * race.Minute, Body: race.Ended{}}}})
}
