package kafka

import (
	"encoding/json"

	"github.com/twmb/franz-go/pkg/kgo"
)

// bury writes a message to the dead letters.
func (n *Node) bury(r *kgo.Record, why error, done func()) {
	data, err := json.Marshal(DeadLetter{Topic: r.Topic, Partition: r.Partition, Offset: r.Offset, Reason: why.Error(), Key: string(r.Key), Value: r.Value})
	if err != nil {
		panic(err) // it is text and numbers
	}
	n.produce(n.topics.Dead, r.Partition, string(r.Key), data, func(_ int64, err error) {
		if err != nil {
			n.bury(r, why, done)
			return
		}
		done()
	})
}

// DeadLetter is a message of the topic of dead letters, as JSON.
type DeadLetter struct {
	Topic     string `json:"topic"`
	Partition int32  `json:"partition"`
	Offset    int64  `json:"offset"`
	Item      *int   `json:"item,omitempty"` // of a list of passings or samples, from 0
	Reason    string `json:"reason"`
	Key       string `json:"key"`
	Value     []byte `json:"value"` // base64
}
