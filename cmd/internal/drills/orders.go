package drills

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path"
	"slices"
	"time"

	"lightsout/gateway"
	"lightsout/race"
	"lightsout/storage/sqlite"
)

// ordersMax bounds the orders for races to come.
const ordersMax = 20

// standing is an order for races to come, as the store keeps it too.
type standing struct {
	gateway.DrillOrder
	Spec json.RawMessage `json:"spec"` // of the drill in each race
}

func readStanding(d sqlite.KeptDrill) (*standing, error) {
	out := &standing{}
	if err := json.Unmarshal(d.Data, out); err != nil {
		return nil, fmt.Errorf("read the order %d: %w", d.Number, err)
	}
	return out, nil
}

// matches reports whether an order is for a race.
func (o *standing) matches(info *race.Race) bool {
	for _, name := range []string{string(info.ID), info.Circuit} {
		if is, err := path.Match(o.Races, name); is && err == nil {
			return true
		}
	}
	return o.Races == Everything
}

// Order has a drill begin in every simulated race that is made from now on and matches, until the order is withdrawn.
func (d *Drills) Order(ctx context.Context, spec []byte) (out gateway.DrillOrder, err error) {
	o, rest, err := orderOf(spec)
	if err != nil {
		return out, err
	}
	_, err = path.Match(o.Races, "")
	if o.Races == "" || err != nil {
		return out, &race.InvalidError{Faults: []race.Fault{{
			Field: "races", Message: fmt.Sprintf("%q stands for no races", o.Races), Allowed: `"all", or a pattern of ids or circuits such as "kartwerk*"`,
		}}}
	}
	s, err := d.scenarioFor(rest)
	if err != nil {
		return out, err
	}
	d.mu.Lock()
	if len(d.orders) >= ordersMax {
		d.mu.Unlock()
		return out, fmt.Errorf("there are %d orders for races to come: allowed are %d, DELETE /api/v1/drills/{n} withdraws one: %w", ordersMax, ordersMax, race.ErrConflict)
	}
	d.count++
	one := &standing{gateway.DrillOrder{ID: d.count, Races: o.Races, Name: s.Name, About: s.About, At: o.At, OrderedAt: time.Now().UTC(), Notes: concerns(s)}, rest}
	out = one.DrillOrder
	d.orders = append(d.orders, one)
	d.mu.Unlock()
	if err := d.keepOrder(ctx, one); err != nil {
		return out, errors.Join(err, d.Withdraw(ctx, out.ID))
	}
	return out, nil
}

func (d *Drills) keepOrder(ctx context.Context, o *standing) error {
	d.mu.Lock()
	data, err := json.Marshal(o)
	d.mu.Unlock()
	if err != nil {
		return fmt.Errorf("write the order %d: %w", o.ID, err)
	}
	return d.cfg.Store.KeepDrill(ctx, sqlite.KeptDrill{Number: o.ID, Data: data})
}

// Orders are those for races to come, oldest first.
func (d *Drills) Orders(context.Context) ([]gateway.DrillOrder, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := make([]gateway.DrillOrder, len(d.orders))
	for i, o := range d.orders {
		out[i] = o.DrillOrder
	}
	return out, nil
}

// Withdraw ends an order. Drills that have begun go on.
func (d *Drills) Withdraw(ctx context.Context, number int) error {
	d.mu.Lock()
	at := slices.IndexFunc(d.orders, func(o *standing) bool { return o.ID == number })
	if at >= 0 {
		d.orders = slices.Delete(slices.Clone(d.orders), at, at+1)
	}
	d.mu.Unlock()
	if at < 0 {
		return fmt.Errorf("order %d for races to come: %w", number, race.ErrNotFound)
	}
	return d.cfg.Store.DropDrill(ctx, number)
}

// Made begins the drill of the oldest order that is for a race that was just made.
func (d *Drills) Made(ctx context.Context, info *race.Race) {
	d.mu.Lock()
	at := slices.IndexFunc(d.orders, func(o *standing) bool { return o.matches(info) })
	var o *standing
	if at >= 0 {
		o = d.orders[at]
	}
	d.mu.Unlock()
	if o == nil {
		return
	}
	log := d.cfg.Log.With(slog.String("race", string(info.ID)), slog.Int("order", o.ID))
	began, err := d.start(ctx, info.ID, o.Spec, o.ID)
	if err != nil {
		log.Warn("the drill that was ordered for races to come cannot begin", slog.Any("err", err))
		return
	}
	log.Info("a drill has begun by order", slog.Int("drill", began.ID))
	d.mu.Lock()
	o.Begun++
	withdrawn := !slices.Contains(d.orders, o)
	d.mu.Unlock()
	if withdrawn {
		return
	}
	if err := d.keepOrder(ctx, o); err != nil {
		log.Warn("an order for drills cannot be kept", slog.Any("err", err))
	}
}

// ordered is what an order says beside the drill.
type ordered struct {
	At    string `json:"at"`
	Races string `json:"races"`
}

// orderOf separates what an order says beside the drill. The rest of it has at, and no races.
func orderOf(spec []byte) (o ordered, rest []byte, err error) {
	if err := json.Unmarshal(spec, &o); err != nil {
		return o, nil, invalid("races", fmt.Errorf("the order cannot be read: %w", err))
	}
	fields := map[string]json.RawMessage{}
	if err := json.Unmarshal(spec, &fields); err != nil {
		return o, nil, invalid("races", fmt.Errorf("the order cannot be read: %w", err))
	}
	delete(fields, "races")
	rest, err = json.Marshal(fields)
	if err != nil {
		return o, nil, fmt.Errorf("write the order: %w", err)
	}
	return o, rest, nil
}
