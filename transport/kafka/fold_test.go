package kafka

import (
	"fmt"
	"testing"

	"lightsout/race"
	"lightsout/transport"
)

func claim(role transport.Role, epoch, owner uint64) *transport.Entry {
	return &transport.Entry{Kind: transport.ClaimEntry, Role: role, Epoch: epoch, Owner: owner}
}

func entry(role transport.Role, id race.ID, count uint64, first race.Seq, records int) *transport.Entry {
	return &transport.Entry{Kind: transport.BatchEntry, Role: role, Epoch: 1, Owner: 9, Race: id, Count: count, First: first, Records: records}
}

func TestFold_SaysWhatCountsAndWhy(t *testing.T) {
	f := NewFold()
	ends, deletes, opens := entry(transport.Simulator, "a", 2, 4, 1), entry(transport.Processor, "a", 3, 5, 0), entry(transport.Processor, "x", 1, 1, 1)
	ends.Ends, deletes.Deletes, opens.External = true, true, true
	receipt := &transport.Entry{
		Kind: transport.ReceiptEntry, Role: transport.Processor, Epoch: 1, Owner: 9, Receipts: []transport.Receipt{{Command: "c"}},
	}
	for i, step := range []struct {
		entry *transport.Entry
		want  Verdict
	}{
		{nil, Unreadable},
		{&transport.Entry{Kind: 77, Role: transport.Simulator}, Unreadable},
		{entry(transport.Simulator, "a", 1, 1, 3), Fenced},
		{claim(transport.Simulator, 2, 9), NotNext},
		{claim(transport.Simulator, 1, 9), Counts},
		{claim(transport.Simulator, 1, 8), NotNext}, // of equal epochs the first one wins
		{claim(transport.Processor, 1, 9), Counts},
		{entry(transport.Simulator, "a", 2, 1, 3), Gap},
		{entry(transport.Simulator, "a", 1, 1, 3), Counts},
		{entry(transport.Simulator, "a", 1, 1, 3), Repeated},
		{entry(transport.Simulator, "a", 2, 3, 1), Gap}, // its first record would be the fourth
		{entry(transport.Processor, "a", 2, 4, 1), WrongRole},
		{ends, Counts},
		{entry(transport.Simulator, "a", 3, 5, 1), WrongRole},
		{deletes, Counts},
		{entry(transport.Processor, "a", 4, 5, 1), Deleted},
		{entry(transport.Simulator, "x", 1, 1, 1), Counts}, // not external: a simulated race of that name
		{opens, WrongRole},
		{receipt, Counts},
		{receipt, Repeated},
	} {
		if got := f.Take(int64(i), step.entry); got != step.want {
			t.Errorf("entry %d: %v, expected %v", i, got, step.want)
		}
	}
	if s, known := f.Race("a"); !known || s != (State{Over: true, Deleted: true, Count: 3, Seq: 4}) {
		t.Errorf("race a: %+v", s)
	}
	if f.Next() != 20 || f.Void(Gap) != 2 || f.Claim(transport.Simulator) != (Claim{1, 9}) {
		t.Errorf("next %d, gaps %d, claim %v", f.Next(), f.Void(Gap), f.Claim(transport.Simulator))
	}
}

func TestFold_KeepsTheFirstReceiptAndTheNewestOnes(t *testing.T) {
	f := NewFold()
	f.receipt(transport.Receipt{Command: "c", Seq: 1})
	f.receipt(transport.Receipt{Command: "c", Seq: 2})
	if r, _ := f.Receipt("c"); r.Seq != 1 {
		t.Errorf("the receipt is %+v", r)
	}
	for i := range receiptsKept {
		f.receipt(transport.Receipt{Command: fmt.Sprint(i)})
	}
	if _, known := f.Receipt("c"); known || len(f.receipts) != receiptsKept {
		t.Errorf("%d receipts are kept", len(f.receipts))
	}
}
