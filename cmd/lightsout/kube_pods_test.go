package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	corev1 "k8s.io/api/core/v1"

	"lightsout/cmd/internal/cli"
	"lightsout/cmd/internal/cluster"
	"lightsout/cmd/internal/feed"
	"lightsout/cmd/internal/server"
	"lightsout/gateway"
)

// catchUpLeast is how long a process may take, at the least, to read a log of some years for the first time.
const catchUpLeast = 15 * time.Minute

// podFaults are what is wrong with a pod, whatever runs in it.
func (w *workload) podFaults(fault func(format string, args ...any)) {
	spec := &w.pod.Spec
	if len(spec.Containers) != 1 {
		fault("it has %d containers", len(spec.Containers))
		return
	}
	c := &spec.Containers[0]
	if _, tag, _ := strings.Cut(c.Image[strings.LastIndex(c.Image, "/")+1:], ":"); tag == "" || tag == "latest" {
		fault("the image %q has no pinned tag", c.Image)
	}
	in, of := spec.SecurityContext, c.SecurityContext
	no, yes := func(b *bool) bool { return b != nil && !*b }, func(b *bool) bool { return b != nil && *b }
	switch {
	case in == nil || of == nil:
		fault("it has no security context")
	case !yes(in.RunAsNonRoot) || in.RunAsUser == nil || *in.RunAsUser == 0:
		fault("it may run as root")
	case in.SeccompProfile == nil || in.SeccompProfile.Type != corev1.SeccompProfileTypeRuntimeDefault:
		fault("it has no seccomp profile")
	case !yes(of.ReadOnlyRootFilesystem):
		fault("it may write to its image")
	case !no(of.AllowPrivilegeEscalation) || of.Capabilities == nil || len(of.Capabilities.Add) > 0 || !slices.Contains(of.Capabilities.Drop, "ALL"):
		fault("it has capabilities")
	}
	if c.Resources.Requests.Cpu().IsZero() || c.Resources.Requests.Memory().IsZero() || c.Resources.Limits.Memory().IsZero() {
		fault("its memory has no limit, or it asks for nothing: %v", c.Resources)
	}
	if !no(spec.AutomountServiceAccountToken) || !no(spec.EnableServiceLinks) {
		fault("it has an account at the cluster, or names of Services become settings")
	}
	if w.selector == nil {
		if spec.RestartPolicy != corev1.RestartPolicyOnFailure {
			fault("it restarts %s", spec.RestartPolicy)
		}
		return
	}
	grace, before := 30*time.Second, time.Duration(0) // 30 s is the default of Kubernetes
	if s := spec.TerminationGracePeriodSeconds; s != nil {
		grace = time.Duration(*s) * time.Second
	}
	if l := c.Lifecycle; l != nil && l.PreStop != nil && l.PreStop.Sleep != nil {
		before = time.Duration(l.PreStop.Sleep.Seconds) * time.Second
	}
	if grace <= before+server.ShutdownTimeout {
		fault("it is killed after %.0f s: it sleeps %v and may need %v", grace.Seconds(), before, server.ShutdownTimeout)
	}
}

// commandFaults are what is wrong with a container's command line and settings. It returns the roles of the process.
func (k *kube) commandFaults(w *workload, c *corev1.Container, fault func(format string, args ...any)) (roles []string) {
	cmd, err := parsed(c.Args)
	if err != nil {
		fault("the command line %v: %v", c.Args, err)
		return nil
	}
	secret := k.settings(w, c, cmd, fault)
	flag := func(name string) string {
		if f := cmd.Flag(name); f != nil {
			return strings.Trim(f.Value.String(), "[]")
		}
		return ""
	}
	for broker := range strings.SplitSeq(flag("kafka"), ",") {
		if _, port, err := net.SplitHostPort(broker); err != nil || port == "" {
			fault("the broker %s has no port", broker)
		}
	}
	if flag("kafka-sasl") != "" && !secret[kafkaPasswordEnv] {
		fault("it logs in to Kafka without a password")
	}
	if flag("influx-url") != "" && !secret[feed.TokenEnv] {
		fault("it feeds InfluxDB without a token")
	}
	if w.selector == nil {
		return nil
	}
	is, err := cluster.ParseRoles(strings.Split(flag("roles"), ","))
	if err != nil {
		fault("%v", err)
	}
	cfg := gateway.DefaultConfig()
	cfg.Addr, cfg.PublicURL = flag("addr"), flag("public-url")
	if secret["LIGHTSOUT_TOKEN"] {
		cfg.Token = "from-the-secret"
	}
	if list := flag("trusted-proxies"); list != "" {
		cfg.TrustedProxies = strings.Split(list, ",")
	}
	check := cfg.ValidateStatus
	if is.Gateway {
		check = cfg.Validate
	}
	if err := check(); err != nil {
		fault("%v", err)
	}
	host, port, _ := net.SplitHostPort(flag("addr"))
	if len(c.Ports) != 1 || fmt.Sprint(c.Ports[0].ContainerPort) != port || net.ParseIP(host).IsLoopback() {
		fault("it listens on %s, which is not its port http", flag("addr"))
	}
	if is.Copies() {
		w.copyFaults(c, cmd, fault)
	}
	if is == (cluster.Roles{}) {
		return nil
	}
	return strings.Split(is.String(), ",")
}

// settings sets a command's flags as the environment of its container does. It returns the variables that come from a Secret.
func (k *kube) settings(w *workload, c *corev1.Container, cmd *cobra.Command, fault func(format string, args ...any)) map[string]bool {
	known := map[string]string{kafkaPasswordEnv: "", feed.TokenEnv: ""} // and the flag of each; no flag has their values
	for _, of := range []*cobra.Command{cmd, newServe()} {              // what serve has may be shared with another command
		of.Flags().VisitAll(func(f *pflag.Flag) {
			known[cli.EnvPrefix+"_"+strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))] = f.Name
		})
	}
	set := func(env, value string) {
		name, is := known[env]
		if !is {
			fault("%s is no setting", env)
		}
		if f := cmd.Flag(name); f != nil && !f.Changed {
			if err := cmd.Flags().Set(name, value); err != nil {
				fault("%s: %v", env, err)
			}
		}
	}
	for _, from := range c.EnvFrom {
		i := slices.IndexFunc(k.configs, func(m *corev1.ConfigMap) bool { return from.ConfigMapRef != nil && m.Name == from.ConfigMapRef.Name })
		if i < 0 {
			fault("there is no ConfigMap %s", from.ConfigMapRef.Name)
			continue
		}
		for env, value := range k.configs[i].Data {
			set(env, value)
		}
	}
	if instance := cmd.Flag("kafka-instance"); instance != nil && instance.Changed {
		fault("it has the name %s, as all of its replicas", instance.Value)
	}
	secret := map[string]bool{}
	for _, env := range c.Env {
		from := env.ValueFrom
		set(env.Name, map[bool]string{true: "x", false: env.Value}[from != nil])
		if secret[env.Name] = from != nil && from.SecretKeyRef != nil; !secret[env.Name] && strings.Contains("TOKEN PASSWORD", env.Name[strings.LastIndex(env.Name, "_")+1:]) {
			fault("%s is not taken from a Secret", env.Name)
		}
		if env.Name == cli.EnvPrefix+"_KAFKA_INSTANCE" && (!w.stable() || from == nil || from.FieldRef == nil || from.FieldRef.FieldPath != "metadata.name") {
			fault("it has a name at Kafka, and its pods have no stable names, or another")
		}
	}
	return secret
}

// copyFaults holds a process that keeps a copy of the races to a volume that it may write.
func (w *workload) copyFaults(c *corev1.Container, cmd *cobra.Command, fault func(format string, args ...any)) {
	folder := "/tmp"
	if db := cmd.Flag("db"); db.Changed {
		folder = filepath.Dir(db.Value.String())
	}
	room := false
	for _, m := range c.VolumeMounts {
		claimed := slices.ContainsFunc(w.claims, func(v corev1.PersistentVolumeClaim) bool { return v.Name == m.Name })
		passing := slices.ContainsFunc(w.pod.Spec.Volumes, func(v corev1.Volume) bool { return v.Name == m.Name })
		if !claimed && !passing {
			fault("it mounts %s, which is no volume", m.Name)
		}
		room = room || m.MountPath == folder && !m.ReadOnly && claimed == w.stable()
	}
	if !room {
		fault("its copy has no room: %s", folder)
	}
}

// probeFaults holds probes to routes that are served.
func probeFaults(c *corev1.Container, served func(path string) bool, fault func(format string, args ...any)) {
	for want, probe := range map[string]*corev1.Probe{
		"/healthz": c.LivenessProbe, "/readyz": c.ReadinessProbe, "/readyz ": c.StartupProbe,
	} {
		if probe == nil || probe.HTTPGet == nil {
			fault("it has no probe of %s", want)
			continue
		}
		asked := probe.HTTPGet
		if !served(asked.Path) {
			fault("a probe asks %s, which is not served", asked.Path)
		}
		if asked.Path != strings.TrimSpace(want) {
			fault("a probe asks %s instead of %s", asked.Path, want)
		}
		if !has(c, asked.Port) {
			fault("a probe asks the port %s, which is not there", asked.Port.String())
		}
	}
	if p := c.StartupProbe; p != nil {
		if may := time.Duration(p.PeriodSeconds*p.FailureThreshold) * time.Second; may < catchUpLeast {
			fault("it may catch up for %v", may)
		}
	}
}

// statusRoutes says which paths are served by each process: gateways have them too.
func statusRoutes(t *testing.T) func(path string) bool {
	t.Helper()
	cfg := gateway.DefaultConfig()
	cfg.Addr = "127.0.0.1:0"
	s, err := gateway.NewStatus(cfg, gateway.StatusDeps{
		Ready: func(context.Context) error { return nil }, Log: slog.New(slog.DiscardHandler), Registry: prometheus.NewRegistry(),
	})
	if err != nil {
		t.Fatal(err)
	}
	l, err := s.Listen(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(l) }()
	t.Cleanup(func() {
		if err := errors.Join(s.Shutdown(context.Background()), <-ended); err != nil {
			t.Error(err)
		}
	})
	asked := map[string]bool{}
	return func(path string) bool {
		if _, known := asked[path]; !known {
			code, _ := fetch(t, "GET", "http://"+l.Addr().String()+path, "")
			asked[path] = code == 200
		}
		return asked[path]
	}
}
