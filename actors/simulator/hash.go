package simulator

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/fnv"

	"lightsout/race"
)

// hash is a batch's: of the hash of the field after it, and of its records. It is the same in every process.
func hash(field uint64, records []race.Record) uint64 {
	le := binary.LittleEndian
	b := le.AppendUint64(nil, field)
	for i := range records {
		r := &records[i]
		b = le.AppendUint64(b, uint64(r.Time))
		b = append(le.AppendUint32(b, uint32(len(r.Author))), r.Author...)
		switch body := r.Body.(type) {
		case race.Passing: // nearly all records; a simulated one has no source
			b = append(b, 'p')
			b = le.AppendUint32(b, uint32(body.Car))
			b = le.AppendUint32(b, uint32(body.Line)<<1|bit(body.InPit))
			b = le.AppendUint32(b, uint32(body.SpeedKMH))
		default:
			text, err := json.Marshal(body)
			if err != nil {
				panic(err) // a record is numbers and text
			}
			b = fmt.Appendf(b, "%T%s", body, text)
		}
	}
	h := fnv.New64a()
	_, _ = h.Write(b) // it does not fail
	return h.Sum64()
}

func bit(set bool) uint32 {
	if set {
		return 1
	}
	return 0
}
