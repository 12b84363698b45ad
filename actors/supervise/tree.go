package supervise

import (
	"cmp"
	"slices"
	"time"
)

// Node is a living actor, as it is now.
type Node struct {
	Kind, ID string
	Restarts int64
	// Mailbox is how many messages wait.
	Mailbox int
	// Resting says that the actor waits for its back-off.
	Resting   bool
	LastError string
	LastAt    time.Time // of the last error
	Groups    []Group
}

// Group is an actor's children of one kind: the sums over all of them, and the most conspicuous ones.
type Group struct {
	Kind     string
	Count    int
	Restarts int64
	// Mailbox counts what waits for all of them, MailboxMax for the one with the most.
	Mailbox, MailboxMax int
	// Nodes are those with the most restarts, then the fullest mailboxes, then by their start.
	Nodes []Node
}

// Tree lists the living actors from the roots, with at most that many nodes of each kind of child.
func (s *System) Tree(most int) []Node {
	s.mu.Lock()
	roots := slices.Clone(s.roots)
	s.mu.Unlock()
	out := make([]Node, 0, len(roots))
	for _, c := range roots {
		out = append(out, c.node(most))
	}
	return out
}

func (c *cell) node(most int) Node {
	rec, waiting, children := c.snapshot()
	n := Node{
		Kind: c.spec.Kind, ID: c.spec.ID, Restarts: rec.restarts, Mailbox: waiting, Resting: rec.resting,
		LastError: rec.lastError, LastAt: rec.lastAt,
	}
	at := map[string]int{}
	members := [][]*cell{}
	for _, child := range children {
		i, known := at[child.spec.Kind]
		if !known {
			i = len(n.Groups)
			at[child.spec.Kind] = i
			n.Groups, members = append(n.Groups, Group{Kind: child.spec.Kind}), append(members, nil)
		}
		members[i] = append(members[i], child)
	}
	for i := range n.Groups {
		n.Groups[i].fill(members[i], most)
	}
	return n
}

// fill sums up the members and picks the most conspicuous ones.
func (g *Group) fill(members []*cell, most int) {
	type seen struct {
		*cell
		restarts int64
		waiting  int
	}
	all := make([]seen, len(members))
	for i, c := range members {
		rec, waiting, _ := c.snapshot()
		all[i] = seen{c, rec.restarts, waiting}
		g.Count++
		g.Restarts += rec.restarts
		g.Mailbox += waiting
		g.MailboxMax = max(g.MailboxMax, waiting)
	}
	slices.SortStableFunc(all, func(a, b seen) int {
		return cmp.Or(cmp.Compare(b.restarts, a.restarts), cmp.Compare(b.waiting, a.waiting))
	})
	for _, c := range all[:min(most, len(all))] {
		g.Nodes = append(g.Nodes, c.node(most))
	}
}

// Depth is how many messages wait for the actors of a kind.
type Depth struct {
	Kind     string
	Alive    int
	Max, P99 int
}

// Depths of every kind, by name.
func (s *System) Depths() []Depth {
	s.mu.Lock()
	queue := slices.Clone(s.roots)
	s.mu.Unlock()
	waiting := map[string][]int{}
	for len(queue) > 0 {
		c := queue[len(queue)-1]
		_, n, children := c.snapshot()
		waiting[c.spec.Kind] = append(waiting[c.spec.Kind], n)
		queue = append(queue[:len(queue)-1], children...)
	}
	out := make([]Depth, 0, len(waiting))
	for kind, list := range waiting {
		slices.Sort(list)
		out = append(out, Depth{Kind: kind, Alive: len(list), Max: list[len(list)-1], P99: list[(len(list)-1)*99/100]})
	}
	slices.SortFunc(out, func(a, b Depth) int { return cmp.Compare(a.Kind, b.Kind) })
	return out
}
