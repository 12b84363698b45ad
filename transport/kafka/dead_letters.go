package kafka

import (
	"encoding/json"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// letterBytesMax bounds what a dead letter keeps of a message.
const letterBytesMax = 1 << 20

// DeadLetter is a message of the topic of dead letters, as JSON. Topic, Partition, Offset and Item identify it: after a takeover the same may
// be written again.
type DeadLetter struct {
	Topic     string `json:"topic"`
	Partition int32  `json:"partition"`
	Offset    int64  `json:"offset"`
	Item      *int   `json:"item,omitempty"` // of a list of passings or samples, from 0
	Reason    string `json:"reason"`
	Key       string `json:"key"`
	Value     []byte `json:"value"`         // base64; of the item, if there is one
	Cut       bool   `json:"cut,omitempty"` // the value has only the beginning
}

// letterOf is the dead letter of a whole message.
func letterOf(r *kgo.Record, reason string) *DeadLetter {
	l := &DeadLetter{Topic: r.Topic, Partition: r.Partition, Offset: r.Offset, Reason: reason, Key: string(r.Key), Value: r.Value}
	if len(l.Value) > letterBytesMax { // as base64, a message of the greatest size would not fit
		l.Value, l.Cut = l.Value[:letterBytesMax], true
	}
	return l
}

// bury writes a dead letter until it is durable.
func (n *Node) bury(l *DeadLetter, done func()) {
	data, err := json.Marshal(l)
	if err != nil {
		panic(err) // it is text and numbers
	}
	n.produce(n.topics.Dead, l.Partition, l.Key, data, func(_ int64, err error) {
		if err != nil {
			time.AfterFunc(askAgain, func() { n.bury(l, done) })
			return
		}
		done()
	})
}
