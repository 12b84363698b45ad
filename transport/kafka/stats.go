package kafka

import (
	"lightsout/transport"
)

// Stats are what a node knows of itself.
type Stats struct {
	Partitions    []PartitionStats
	Void          map[string]int64 // entries that do not count, by verdict
	ClaimsWon     int64
	OrdersWaiting int
}

// PartitionStats are of one partition.
type PartitionStats struct {
	Folded, Applied int64
	OrdersWaiting   int
	Claims          []ClaimStats // of the roles that write
}

// ClaimStats is the claim in force of a role.
type ClaimStats struct {
	Role  transport.Role
	Epoch uint64
	Own   bool
}

// Stats asks each desk; one that does not answer in time is left out.
func (n *Node) Stats() Stats {
	out := Stats{Void: map[string]int64{}, ClaimsWon: n.activations.Load(), Partitions: make([]PartitionStats, len(n.desks))}
	for v := Counts + 1; v < verdicts; v++ {
		out.Void[v.String()] = n.void[v].Load()
	}
	for i, d := range n.desks {
		out.Partitions[i], _ = ask(d, d.stats)
		out.OrdersWaiting += out.Partitions[i].OrdersWaiting
	}
	return out
}

func (d *desk) stats() PartitionStats {
	p := PartitionStats{Folded: d.fold.Next(), Applied: d.appliedTo(), OrdersWaiting: len(d.orders.waiting) + len(d.orders.answered)}
	for _, role := range []transport.Role{transport.Simulator, transport.Processor} {
		s := d.seat(role)
		p.Claims = append(p.Claims, ClaimStats{role, d.fold.Claim(role).Epoch, s != nil && s.owner.Active()})
	}
	return p
}
