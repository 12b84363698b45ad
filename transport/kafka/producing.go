package kafka

import "github.com/twmb/franz-go/pkg/kgo"

// produce appends a message. done, which may be nil, is called with its offset.
func (n *Node) produce(topic string, partition int32, key string, value []byte, done func(int64, error)) {
	r := &kgo.Record{Topic: topic, Partition: partition, Key: []byte(key), Value: value}
	client := n.client
	if topic == n.topics.Facts || topic == n.topics.Dead {
		client = n.others
	}
	client.Produce(n.ending, r, func(r *kgo.Record, err error) {
		if err != nil && n.ending.Err() != nil {
			return
		}
		if done != nil {
			done(r.Offset, err)
		}
	})
}
