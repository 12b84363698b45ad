package main

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lightsout/cmd/internal/cluster"
	"lightsout/cmd/internal/server"
	"lightsout/gateway"
)

// clusterProcess is a service of the profile cluster that runs our program around Kafka.
type clusterProcess struct {
	name    string
	service composeService
	roles   cluster.Roles // none of a command that prepares topics
	flag    func(name string) string
}

// clusterProcesses are the processes around Kafka, by name.
func (f *composeFile) clusterProcesses() (out []clusterProcess) {
	for name, s := range f.Services {
		cmd, err := parsed(s.Command)
		if s.Build == "" || err != nil || cmd.Flag("kafka") == nil || !cmd.Flag("kafka").Changed {
			continue
		}
		p := clusterProcess{name: name, service: s, flag: func(name string) string {
			if flag := cmd.Flag(name); flag != nil {
				return strings.Trim(flag.Value.String(), "[]")
			}
			return ""
		}}
		if roles, err := cluster.ParseRoles(strings.Split(p.flag("roles"), ",")); err == nil {
			p.roles = roles
		}
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b clusterProcess) int { return strings.Compare(a.name, b.name) })
	return out
}

// clusterFaults are what is wrong with the processes around Kafka, and with what they stand between.
func (f *composeFile) clusterFaults(root string) (out []string) {
	processes, running := f.clusterProcesses(), map[string]int{}
	for _, p := range processes {
		fault := func(format string, args ...any) { out = append(out, p.name+": "+fmt.Sprintf(format, args...)) }
		for role, is := range map[string]bool{"simulator": p.roles.Simulator, "processor": p.roles.Processor, "gateway": p.roles.Gateway} {
			if is {
				running[role] += max(1, p.service.Deploy.Replicas)
			}
		}
		if a, b := p.flag("kafka-prefix"), processes[0].flag("kafka-prefix"); a != b {
			fault("its topics begin with %s, those of %s with %s", a, processes[0].name, b)
		}
		f.kafkaFaults(p, fault)
		if p.roles == (cluster.Roles{}) {
			if !p.service.ends() {
				fault("it has no role and does not end")
			}
			continue
		}
		f.processFaults(p, fault)
		if p.roles.Gateway {
			f.gatewayFaults(p, processes, fault)
		}
		if p.flag("influx-url") != "" {
			f.influxFaults(p, fault)
		}
	}
	for _, role := range []string{"simulator", "processor", "gateway"} {
		if running[role] < 2 {
			out = append(out, fmt.Sprintf("%d processes have the role %s: the loss of one ends its work", running[role], role))
		}
	}
	return append(out, f.nginxFaults(root, processes)...)
}

// processFaults holds a process to what it needs besides Kafka.
func (f *composeFile) processFaults(p clusterProcess, fault func(format string, args ...any)) {
	grace, err := time.ParseDuration(p.service.StopGracePeriod)
	if err != nil || grace <= server.ShutdownTimeout {
		fault("it is killed %q after it was told to end: it may need %v", p.service.StopGracePeriod, server.ShutdownTimeout)
	}
	prepared := false
	for other := range p.service.DependsOn {
		of, err := parsed(f.Services[other].Command)
		prepared = prepared || err == nil && of.CommandPath() == "lightsout kafka init"
	}
	if !prepared {
		fault("it does not wait for lightsout kafka init")
	}
	if instance := p.flag("kafka-instance"); instance != "" && p.service.Deploy.Replicas > 1 {
		fault("%d processes have the name %s", p.service.Deploy.Replicas, instance)
	}
	test := p.service.Healthcheck.Test
	if !slices.Contains(test, "--ready") {
		fault("the healthcheck %v takes a process for healthy that has not read the log", test)
		return
	}
	asks, err := parsed(test[2:])
	if err != nil {
		return // said before
	}
	if _, port, _ := net.SplitHostPort(p.flag("addr")); !strings.HasSuffix(asks.Flag("url").Value.String(), ":"+port) {
		fault("the healthcheck asks %s, and it listens on %s", asks.Flag("url").Value, p.flag("addr"))
	}
}

// kafkaFaults holds a process's brokers to the listeners of Kafka.
func (f *composeFile) kafkaFaults(p clusterProcess, fault func(format string, args ...any)) {
	host, port, err := net.SplitHostPort(p.flag("kafka"))
	if err != nil {
		fault("--kafka is %s: %v", p.flag("kafka"), err)
		return
	}
	env := f.Services[host].Environment
	listeners, maps := listenersOf(env["KAFKA_LISTENERS"]), env["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"]
	found := false
	for name, advertised := range listenersOf(env["KAFKA_ADVERTISED_LISTENERS"]) {
		_, listens, _ := net.SplitHostPort(listeners[name])
		found = found || advertised == net.JoinHostPort(host, port) && listens == port
	}
	if !found {
		fault("--kafka is %s: Kafka listens on %q and tells clients %q", p.flag("kafka"), env["KAFKA_LISTENERS"], env["KAFKA_ADVERTISED_LISTENERS"])
	}
	for name := range listeners {
		if !slices.Contains(strings.Split(maps, ","), name+":PLAINTEXT") {
			fault("the listener %s of Kafka has no protocol in %q", name, maps)
		}
	}
	_, controller, _ := net.SplitHostPort(listeners[env["KAFKA_CONTROLLER_LISTENER_NAMES"]])
	if want := env["KAFKA_NODE_ID"] + "@" + net.JoinHostPort(host, controller); env["KAFKA_CONTROLLER_QUORUM_VOTERS"] != want {
		fault("Kafka asks the controller %q, which is %s", env["KAFKA_CONTROLLER_QUORUM_VOTERS"], want)
	}
	if !slices.ContainsFunc(f.Services[host].Volumes, func(v string) bool { return strings.HasSuffix(v, ":"+env["KAFKA_LOG_DIRS"]) }) {
		fault("Kafka keeps %q on no volume", env["KAFKA_LOG_DIRS"])
	}
}

// listenersOf are the addresses of listeners, each as NAME://HOST:PORT.
func listenersOf(list string) map[string]string {
	out := map[string]string{}
	for one := range strings.SplitSeq(list, ",") {
		name, address, _ := strings.Cut(one, "://")
		out[name] = address
	}
	return out
}

// gatewayFaults holds a gateway to the other gateways and to its proxy.
func (f *composeFile) gatewayFaults(p clusterProcess, all []clusterProcess, fault func(format string, args ...any)) {
	cfg := gateway.DefaultConfig()
	cfg.Addr, cfg.Token = p.flag("addr"), "x"
	cfg.PublicURL, cfg.TrustedProxies = p.flag("public-url"), strings.Split(p.flag("trusted-proxies"), ",")
	if err := cfg.Validate(); err != nil {
		fault("%v", err)
	}
	token := p.service.Environment["LIGHTSOUT_TOKEN"]
	if token == "" {
		fault("it has no token")
	}
	own, _, _ := strings.Cut(strings.Join(volumesAt(p.service, filepath.Dir(p.flag("db"))), ","), ":")
	if own == "" {
		fault("its copy %s is on no volume", p.flag("db"))
	}
	if p.service.Deploy.Replicas > 1 || len(p.service.Ports) > 0 {
		fault("%d processes share its volume, and %v is open beside nginx", p.service.Deploy.Replicas, p.service.Ports)
	}
	for _, other := range all {
		if !other.roles.Gateway || other.name == p.name {
			continue
		}
		if other.service.Environment["LIGHTSOUT_TOKEN"] != token || other.flag("public-url") != p.flag("public-url") {
			fault("its token or its public URL is not that of %s", other.name)
		}
		if slices.ContainsFunc(other.service.Volumes, func(v string) bool { return strings.HasPrefix(v, own+":") }) {
			fault("it shares the volume %s with %s", own, other.name)
		}
	}
	trusted := false
	for network := range p.service.Networks {
		address := f.Services["nginx"].Networks[network].Address
		for _, subnet := range f.Networks[network].IPAM.Config {
			of, err := netip.ParsePrefix(subnet.Subnet)
			at, wrong := netip.ParseAddr(address)
			trusted = trusted || err == nil && wrong == nil && of.Contains(at) && slices.Contains(cfg.TrustedProxies, address)
		}
	}
	if !trusted {
		fault("it trusts %v: nginx has no such address on a network of both", cfg.TrustedProxies)
	}
}

// volumesAt are a service's volumes at a folder.
func volumesAt(s composeService, folder string) (out []string) {
	for _, v := range s.Volumes {
		if parts := strings.Split(v, ":"); len(parts) > 1 && parts[1] == folder {
			out = append(out, v)
		}
	}
	return out
}

// influxFaults holds a feed to its InfluxDB.
func (f *composeFile) influxFaults(p clusterProcess, fault func(format string, args ...any)) {
	host, _, _ := strings.Cut(strings.TrimPrefix(p.flag("influx-url"), "http://"), ":")
	env := f.Services[host].Environment
	makes := f.Services["influxdb-tokens"]
	want := []string{env["DOCKER_INFLUXDB_INIT_ORG"], env["DOCKER_INFLUXDB_INIT_BUCKET"]}
	for _, got := range [][]string{{p.flag("influx-org"), p.flag("influx-bucket")}, {makes.Environment["INFLUX_ORG"], makes.Environment["INFLUX_BUCKET"]}} {
		if diff := cmp.Diff(want, got); diff != "" {
			fault("it feeds another organisation or bucket than those of %s: %s", host, diff)
		}
	}
	if makes.Environment["INFLUX_TOKEN"] != env["DOCKER_INFLUXDB_INIT_ADMIN_TOKEN"] {
		fault("influxdb-tokens asks with another token than that of the administrator")
	}
	folder := filepath.Dir(p.flag("influx-token-file"))
	if _, waits := p.service.DependsOn["influxdb-tokens"]; !waits || len(volumesAt(p.service, folder)) != 1 || len(volumesAt(makes, folder)) != 1 {
		fault("its token %s is not made by influxdb-tokens", p.flag("influx-token-file"))
	}
}

// nginxFaults holds the configuration of nginx to the gateways and to its service.
func (f *composeFile) nginxFaults(root string, processes []clusterProcess) (out []string) {
	fault := func(format string, args ...any) { out = append(out, "nginx: "+fmt.Sprintf(format, args...)) }
	s := f.Services["nginx"]
	mounted := volumesAt(s, "/etc/nginx/nginx.conf")
	if len(mounted) != 1 {
		return []string{"nginx: it has no configuration"}
	}
	from, _, _ := strings.Cut(mounted[0], ":")
	text, err := os.ReadFile(filepath.Join(root, from))
	if err != nil {
		return []string{"nginx: " + err.Error()}
	}
	var upstreams, gateways []string
	for _, m := range regexp.MustCompile(`(?m)^\s*server (\S+:\d+) resolve `).FindAllStringSubmatch(string(text), -1) {
		upstreams = append(upstreams, m[1])
	}
	for _, p := range processes {
		if !p.roles.Gateway {
			continue
		}
		_, port, _ := net.SplitHostPort(p.flag("addr"))
		gateways = append(gateways, net.JoinHostPort(p.name, port))
		if s.DependsOn[p.name].Condition != "service_healthy" {
			fault("it does not wait for %s", p.name)
		}
		if !slices.ContainsFunc(s.Ports, func(open string) bool { return strings.Contains(p.flag("public-url"), "localhost:"+portOf(open, 1)) }) {
			fault("%s is at %s, and nginx at %v", p.name, p.flag("public-url"), s.Ports)
		}
	}
	if diff := cmp.Diff(gateways, upstreams); diff != "" {
		fault("the gateways are not its upstreams: %s", diff)
	}
	listen := regexp.MustCompile(`(?m)^\s*listen (\d+);`).FindStringSubmatch(string(text))
	if listen == nil || len(s.Ports) != 1 || portOf(s.Ports[0], 2) != listen[1] || !strings.Contains(strings.Join(s.Healthcheck.Test, " "), ":"+listen[1]+"/") {
		fault("it listens on %q, its ports are %v and its healthcheck is %v", listen, s.Ports, s.Healthcheck.Test)
	}
	return out
}

// portOf is a part of ADDRESS:PORT:PORT of the container.
func portOf(published string, part int) string {
	if parts := strings.Split(published, ":"); len(parts) == 3 {
		return parts[part]
	}
	return ""
}

func TestCompose_WithoutAProfileItIsOneProcessWithItsBoards(t *testing.T) {
	var names []string
	for name, s := range mustCompose(t, mustText(t, "compose.yaml")).Services {
		if len(s.Profiles) == 0 {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	if diff := cmp.Diff([]string{"grafana", "influxdb", "influxdb-tokens", "lightsout", "prometheus"}, names); diff != "" {
		t.Error(diff)
	}
}

func TestCompose_ProcessesOfTheClusterFitTogether(t *testing.T) {
	text := mustText(t, "compose.yaml")
	for _, planted := range []struct{ old, with, fault string }{
		{"--roles=simulator", "--roles=simulators", "it has no role and does not end"},
		{"replicas: 2", "replicas: 1", "1 processes have the role simulator"},
		{"roles=processor\n", "roles=processor\n      - --kafka-instance=one\n", "2 processes have the name one"},
		{"roles=processor\n", "roles=processor\n      - --kafka-prefix=other\n", "processor: its topics begin with other"},
		{"serve, --roles=simulator, --kafka=kafka:9092", "serve, --roles=simulator, --kafka=kafka:9093", "simulator: --kafka is kafka:9093"},
		{"LISTENERS: PLAINTEXT://:9092", "LISTENERS: PLAINTEXT://:9094", "Kafka listens on"},
		{"ADVERTISED_LISTENERS: PLAINTEXT://kafka", "ADVERTISED_LISTENERS: PLAINTEXT://localhost", "tells clients"},
		{",CONTROLLER:PLAINTEXT", "", "the listener CONTROLLER of Kafka has no protocol"},
		{"1@kafka:9093", "2@kafka:9093", "Kafka asks the controller"},
		{"KAFKA_LOG_DIRS: /var/lib", "KAFKA_LOG_DIRS: /tmp", "on no volume"},
		{`kafka:4\.\S+`, "kafka", "kafka: the image"},
		{"stop_grace_period: 45s", "stop_grace_period: 20s", "it may need 30s"},
		{"service_completed_successfully", "service_healthy", "it waits for kafka-init"},
		{"kafka, init, ", "kafka, check, ", "it does not wait for lightsout kafka init"},
		{`"health", "--ready"`, `"health"`, "has not read the log"},
		{`"health", "--ready"`, `"health", "--ready", "--url", "http://127.0.0.1:9000"`, "the healthcheck asks"},
		{`restart: unless-stopped\n  mem_limit: 2g\n  stop`, "mem_limit: 2g\n  stop", "gateway-1: it is not started again"},
		{"gateway-2:/data", "gateway-1:/data", "gateway-1: it shares the volume gateway-1 with gateway-2"},
		{"gateway-2:/data", "gateway-2:/copy", "gateway-2: its copy /data/lightsout.db is on no volume"},
		{"proxies=10.93.0.10", "proxies=10.93.0.11", "it trusts [10.93.0.11]"},
		{"ipv4_address: 10.93.0.10", "ipv4_address: 10.94.0.10", "it trusts"},
		{"proxies=10.93.0.10", "proxies=nginx", `trusted proxy "nginx"`},
		{"localhost:8081", "localhost:8080", "gateway-1 is at http://localhost:8080/, and nginx at"},
		{"127.0.0.1:8081:8080", "127.0.0.1:8081:80", "it listens on"},
		{`--roles=gateway\n`, "--roles=gateway\n    - --addr=0.0.0.0:9000\n", ""},
		{"(?s)  gateway-2:\n    <<: .gateway\n.*?\n\n", "", "1 processes have the role gateway"},
		{`nginx\.conf:/etc/nginx/nginx`, "nginx.conf:/etc/nginx/conf.d/nginx", "nginx: it has no configuration"},
		{`influx-bucket=races`, "influx-bucket=race", "processor: it feeds another"},
		{`influx-token-file=/tokens/server`, "influx-token-file=/token/server", "processor: its token /token/server is not made"},
		{`INFLUX_BUCKET: races`, "INFLUX_BUCKET: race", "processor: it feeds another"},
		{`profiles: \[cluster\]\n    mem_limit: 256m\n    build`, "mem_limit: 256m\n    build", "kafka-init: it depends on kafka, which is only in the profile"},
	} {
		faults := mustCompose(t, plant(t, text, planted.old, planted.with)).faults(checkout)
		if !strings.Contains(strings.Join(faults, "\n"), planted.fault) || planted.fault == "" && len(faults) > 0 {
			t.Errorf("with %q instead of %q the faults are %q", planted.with, planted.old, faults)
		}
	}
}

func TestCompose_NginxIsHeldToTheGateways(t *testing.T) {
	f, text := mustCompose(t, mustText(t, "compose.yaml")), mustText(t, "deploy/nginx.conf")
	for _, planted := range []struct{ old, with, fault string }{
		{"server gateway-2", "server gateway-3", "the gateways are not its upstreams"},
		{"gateway-1:8080", "gateway-1:8081", "the gateways are not its upstreams"},
		{"listen 8080", "listen 80", "it listens on"},
	} {
		root := t.TempDir()
		if err := os.Mkdir(filepath.Join(root, "deploy"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, "deploy/nginx.conf"), []byte(plant(t, text, planted.old, planted.with)), 0o600); err != nil {
			t.Fatal(err)
		}
		faults := f.nginxFaults(root, f.clusterProcesses())
		if len(faults) != 1 || !strings.Contains(faults[0], planted.fault) {
			t.Errorf("with %q instead of %q the faults are %q", planted.with, planted.old, faults)
		}
	}
}
