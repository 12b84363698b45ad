package server

import (
	"lightsout/actors/supervise"
	"lightsout/gateway"
)

// actorTree converts an engine's actors for the gateway.
type actorTree struct{ system *supervise.System }

// Tree lists the living actors.
func (t actorTree) Tree(most int) []gateway.ActorNode {
	roots := t.system.Tree(most)
	out := make([]gateway.ActorNode, len(roots))
	for i := range roots {
		out[i] = actorNode(&roots[i])
	}
	return out
}

func actorNode(n *supervise.Node) gateway.ActorNode {
	out := gateway.ActorNode{
		Kind: n.Kind, ID: n.ID, Restarts: n.Restarts, Mailbox: n.Mailbox, Resting: n.Resting, Children: []gateway.ActorGroup{},
	}
	if n.LastError != "" {
		out.LastError, out.LastErrorAt = &n.LastError, &n.LastAt
	}
	for _, g := range n.Groups {
		group := gateway.ActorGroup{
			Kind: g.Kind, Count: g.Count, Restarts: g.Restarts, Mailbox: g.Mailbox, MailboxMax: g.MailboxMax, Actors: []gateway.ActorNode{},
		}
		for i := range g.Nodes {
			group.Actors = append(group.Actors, actorNode(&g.Nodes[i]))
		}
		out.Children = append(out.Children, group)
	}
	return out
}
