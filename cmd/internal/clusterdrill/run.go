package clusterdrill

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"lightsout/actors/drill"
	"lightsout/cmd/internal/drills"
	"lightsout/race"
	"lightsout/race/timing"
	"lightsout/transport"
)

// Config of a drill.
type Config struct {
	Program string   // the one that is drilled
	Brokers []string // of Kafka, as the brokers name themselves
	Args    []string // more flags for each process and for kafka init: how to log in at Kafka
	// Shell commands that stop and start Kafka, and that freeze and thaw it; empty means that scenarios which need them are refused.
	StopKafka, StartKafka, FreezeKafka, ThawKafka string
	// Patience is how long all races may stand still.
	Patience time.Duration
	Keep     string // folder for the logs and files of the processes; empty means one that is deleted
}

// hopEvery is how long a spectator stays at a gateway.
const hopEvery = 3 * time.Second

// one is a race of the drill.
type one struct {
	order       race.Order
	id          race.ID
	undisturbed *drill.Run
	reference   *drill.Reference // of undisturbed, with the announcement that the race has in the log
	watch       *spectator
}

// Run runs a scenario.
func Run(ctx context.Context, cfg Config, s *Scenario, status io.Writer) (_ *Verdict, err error) {
	if err := cfg.fits(s); err != nil {
		return nil, err
	}
	races, err := undisturbed(ctx, s, status)
	if err != nil {
		return nil, err
	}
	f := &fleet{cfg: &cfg, dir: cfg.Keep, prefix: fmt.Sprintf("drill-%d", time.Now().UnixNano()), status: status, turns: map[string]int{}}
	if f.dir == "" {
		if f.dir, err = os.MkdirTemp("", "lightsout-cluster-"); err != nil {
			return nil, fmt.Errorf("make a folder: %w", err)
		}
		defer os.RemoveAll(f.dir) //nolint:errcheck // a temporary folder
	}
	defer func() { err = errors.Join(err, f.close()) }()
	if err := f.open(ctx, s); err != nil {
		return nil, err
	}
	began := time.Now()
	v, err := f.drill(ctx, s, races)
	if v != nil {
		v.Seconds = time.Since(began).Seconds()
	}
	return v, err
}

// fits reports whether all strikes of a scenario can fall.
func (c *Config) fits(s *Scenario) error {
	for i := range s.Strikes {
		one := &s.Strikes[i]
		if one.Broker == brokerRestart && (c.StopKafka == "" || c.StartKafka == "") {
			return fmt.Errorf("the scenario %s restarts Kafka: say how with --kafka-stop and --kafka-start", s.Name)
		}
		if one.Broker == brokerFreeze && (c.FreezeKafka == "" || c.ThawKafka == "") {
			return fmt.Errorf("the scenario %s freezes Kafka: say how with --kafka-freeze and --kafka-thaw", s.Name)
		}
	}
	return nil
}

// undisturbed runs each race alone in this process.
func undisturbed(ctx context.Context, s *Scenario, status io.Writer) (out []*one, err error) {
	for n := range s.Races {
		fmt.Fprintf(status, "\rthe races undisturbed: %d of %d", n+1, s.Races)
		o := &one{order: s.Order(n)}
		start, err := drills.StartOf(o.order, "")
		if err != nil {
			return nil, err
		}
		if o.undisturbed, err = drills.Run(ctx, start, drills.Bounds{Patience: drill.Patience}); err != nil {
			return nil, err
		}
		last := o.undisturbed.Records[len(o.undisturbed.Records)-1].Time
		o.order.Speed = max(0.1, float64(last)/float64(s.Lasts.Microseconds()))
		out = append(out, o)
	}
	fmt.Fprintln(status)
	return out, nil
}

// open creates the topics and starts the processes.
func (f *fleet) open(ctx context.Context, s *Scenario) error {
	args := append([]string{"kafka", "init", "--kafka", strings.Join(f.cfg.Brokers, ","), "--kafka-prefix", f.prefix}, f.cfg.Args...)
	if err := shellArgs(ctx, f.cfg.Program, args); err != nil {
		return err
	}
	f.linked = slices.ContainsFunc(s.Strikes, func(s Strike) bool { return s.Cut != "" || s.Slow != "" })
	for role, n := range map[string]int{"simulator": s.Simulators, "processor": s.Processors, "gateway": s.Gateways} {
		for range n {
			if _, err := f.add(ctx, role); err != nil {
				return err
			}
		}
	}
	for _, role := range roles {
		for _, c := range f.of(role) {
			if err := f.awaitReady(ctx, c); err != nil {
				return err
			}
		}
	}
	fmt.Fprintf(f.status, "%d simulators, %d processors and %d gateways are ready\n", s.Simulators, s.Processors, s.Gateways)
	return nil
}

// drill orders the races, strikes, waits for their end, and judges.
func (f *fleet) drill(ctx context.Context, s *Scenario, races []*one) (*Verdict, error) {
	ext := &external{fleet: f, passings: s.Passings}
	if s.Passings > 0 {
		ext.pause = max(0, s.Lasts*reporters*passingsEach/time.Duration(s.Passings)*8/10)
		if err := ext.order(ctx); err != nil {
			return nil, fmt.Errorf("order a race of real cars: %w", err)
		}
	}
	for _, o := range races {
		if err := f.order(ctx, o); err != nil {
			return nil, err
		}
	}
	watching, stop := context.WithCancel(ctx)
	defer stop()
	spectators := f.watch(watching, s, races)
	x := &strikes{fleet: f, began: time.Now(), racing: func() (n int) {
		for _, o := range races {
			if !o.watch.done() {
				n++
			}
		}
		return n
	}}
	ending, cancel := context.WithCancel(ctx)
	defer cancel()
	go f.giveUp(ending, races, cancel)
	var working sync.WaitGroup
	var reported error
	working.Go(func() { x.run(ending, s) })
	if s.Passings > 0 {
		working.Go(func() { reported = ext.report(ending) })
	}
	working.Wait()
	v := &Verdict{Scenario: s, Broken: []string{}, Strikes: x.fallen, External: ExternalResult{Sent: s.Passings}}
	for _, err := range append(x.errs, reported) {
		v.promise(err == nil, "%v", err)
	}
	if err := f.awaitEnd(ending, races); err != nil {
		v.promise(false, "%v", err)
		return v, nil
	}
	cancel()
	return v, f.compare(ctx, v, races, ext, spectators)
}

// order orders a race. No strike has fallen yet, so that one request is enough.
func (f *fleet) order(ctx context.Context, o *one) error {
	body, err := json.Marshal(map[string]any{
		"name": o.order.Name, "circuit": o.order.Circuit, "cars": o.order.Cars, "laps": o.order.Laps, "seed": o.order.Seed, "speed": o.order.Speed,
		"tick_hz": o.order.TickHz,
	})
	if err != nil {
		return fmt.Errorf("make an order: %w", err)
	}
	var made struct{ ID race.ID }
	if err := f.gateway(int(f.asks.Add(1))).ask(ctx, http.MethodPost, "/api/v1/races", body, &made); err != nil {
		return fmt.Errorf("order a race: %w", err)
	}
	o.id = made.ID
	return nil
}

// watch has one spectator at each race, who stays where it can, and those who go from gateway to gateway.
func (f *fleet) watch(ctx context.Context, s *Scenario, races []*one) (hopping []*spectator) {
	for i, o := range races {
		o.watch = &spectator{fleet: f, race: o.id, turn: i, sees: wanderer(fmt.Sprintf("the spectator who stays at race %d", i+1))}
		go o.watch.follow(ctx)
	}
	for i := range s.Spectators {
		w := &spectator{
			fleet: f, race: races[i%len(races)].id, turn: i, hops: hopEvery, sees: wanderer(fmt.Sprintf("spectator %d, who goes from gateway to gateway", i+1)),
		}
		hopping = append(hopping, w)
		go w.follow(ctx)
	}
	return hopping
}

// wanderer is a spectator who may be at one gateway after another.
func wanderer(name string) *drill.Spectator {
	s := drill.NewSpectator(name)
	s.Wanders = true
	return s
}

// giveUp calls cancel once no spectator has seen anything new for as long as the drill has patience.
func (f *fleet) giveUp(ctx context.Context, races []*one, cancel func()) {
	seen, at := 0, time.Now()
	for sleep(ctx, time.Second) == nil {
		now := 0
		for _, o := range races {
			now += o.watch.count()
		}
		switch {
		case now != seen:
			seen, at = now, time.Now()
		case time.Since(at) > f.cfg.Patience:
			fmt.Fprintf(f.status, "nothing new for %v: the drill is given up\n", f.cfg.Patience)
			cancel()
			return
		}
	}
}

// awaitEnd waits until all races are over for those who watch them.
func (f *fleet) awaitEnd(ctx context.Context, races []*one) error {
	for {
		at := slices.IndexFunc(races, func(o *one) bool { return !o.watch.done() })
		if at < 0 {
			return nil
		}
		if err := sleep(ctx, 100*time.Millisecond); err != nil {
			return fmt.Errorf("race %s has no result after the drill (record %d was seen)", races[at].id, races[at].watch.from())
		}
	}
}

// compare asks every gateway for every race.
func (f *fleet) compare(ctx context.Context, v *Verdict, races []*one, ext *external, hopping []*spectator) error {
	v.External.Acknowledged, v.External.Repeats, v.External.Counted = ext.acked, ext.again, ext.passings
	v.External.LatencyP50MS, v.External.LatencyP99MS, v.External.LatencyMaxMS = percentiles(ext.took)
	for _, g := range f.of("gateway") {
		if err := f.awaitReady(ctx, g); err != nil {
			v.promise(false, "%v", err)
			continue
		}
		for _, o := range races {
			r, err := o.compare(ctx, g)
			if err != nil {
				return err
			}
			v.Races = append(v.Races, *r)
		}
		if ext.passings > 0 {
			n, err := f.counted(ctx, g, ext)
			if err != nil {
				return err
			}
			v.External.Counted = min(v.External.Counted, n)
		}
	}
	watching := []*spectator{}
	for _, o := range races {
		watching = append(watching, o.watch)
	}
	v.recoveries(watching)
	v.saw(races, hopping)
	v.Void = f.void(ctx)
	v.judge()
	return nil
}

// compare compares a race as a gateway has it with the undisturbed one.
func (o *one) compare(ctx context.Context, g *child) (*RaceVerdict, error) {
	got, telemetry := drill.Run{}, &drill.Telemetry{}
	if err := g.ask(ctx, http.MethodGet, "/api/v1/races/"+string(o.id)+"/export?format=log", nil, func(r io.Reader) error {
		log, err := transport.NewLogReader(r)
		if err != nil {
			return err
		}
		for {
			m, err := log.Next()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
			switch m := m.(type) {
			case *race.Record:
				got.Records = append(got.Records, *m)
			case *race.Frame:
				telemetry.Add(m)
			}
		}
	}); err != nil {
		return nil, err
	}
	state := timing.New()
	for i := range got.Records {
		if _, refused := state.Fold(&got.Records[i], false); refused != nil {
			return nil, fmt.Errorf("race %s: record %d: %w", o.id, got.Records[i].Seq, refused)
		}
	}
	got.Result = state.Classification()
	want := o.undisturbed.Reference.Announced(got.Records) // its id and its speed are others
	o.reference = want
	told, err := o.told(ctx, g, want)
	if err != nil {
		return nil, err
	}
	got.Told = append(told, want.CompareTelemetry(g.name(), telemetry))
	return &RaceVerdict{Race: string(o.id), Seed: o.order.Seed, Gateway: g.number, Comparison: drill.Compare(want, &got)}, nil
}

// counted is how many passings count at a gateway, each number once.
func (f *fleet) counted(ctx context.Context, g *child, ext *external) (int, error) {
	numbers := map[int]bool{}
	for after := 0; ; {
		var page struct {
			Passings []struct {
				Seq      int
				Sequence *int
				Verdict  string
			}
		}
		if err := g.ask(ctx, http.MethodGet, fmt.Sprintf("/api/v1/races/%s/passings?verdict=accepted&after=%d&limit=1000", ext.id, after), nil, &page); err != nil {
			return 0, err
		}
		if len(page.Passings) == 0 {
			return len(numbers), nil
		}
		for _, p := range page.Passings {
			if after = p.Seq; p.Sequence != nil {
				numbers[*p.Sequence] = true
			}
		}
	}
}

// void asks a gateway which entries of the log do not count.
func (f *fleet) void(ctx context.Context) map[string]int64 {
	out := map[string]int64{}
	_ = f.gateway(0).ask(ctx, http.MethodGet, "/metrics", nil, func(r io.Reader) error { // without it, nothing is known of them
		text, err := io.ReadAll(r)
		for line := range strings.Lines(string(text)) {
			rest, is := strings.CutPrefix(line, `lightsout_log_void_entries_total{verdict="`)
			verdict, n, cut := strings.Cut(strings.TrimSpace(rest), `"} `)
			if count, err := strconv.ParseFloat(n, 64); is && cut && err == nil {
				out[verdict] = int64(count)
			}
		}
		return err
	})
	return out
}
