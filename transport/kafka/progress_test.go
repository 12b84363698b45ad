package kafka

import (
	"strings"
	"testing"
	"time"
)

func TestProgress_SaysHowFarAndHowFast(t *testing.T) {
	p := progress{}
	p.init(2)
	p.until(0, 0, 100)
	p.until(1, 50, 60)
	p.note(0, 40, 30)
	p.note(1, 50, 50)
	err := p.waits(10 * time.Second)
	if err == nil || !strings.Contains(err.Error(), "80 of 160 entries, 3 a second") || !strings.Contains(err.Error(), "27s to go") {
		t.Errorf("%v", err)
	}
	p.note(0, 100, 100)
	select {
	case <-p.caughtUp:
		t.Error("partition 1 has not caught up")
	default:
	}
	p.note(1, 70, 60)
	<-p.caughtUp
	if err := p.waits(time.Minute); err != nil {
		t.Error(err)
	}
}
