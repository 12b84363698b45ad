package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

// kube is what deploy/kubernetes holds, by kind.
type kube struct {
	namespaces []*corev1.Namespace
	configs    []*corev1.ConfigMap
	services   []*corev1.Service
	budgets    []*policyv1.PodDisruptionBudget
	ingresses  []*networkingv1.Ingress
	workloads  []workload
	names      []string // kind and name of each document, in the order in which they are applied
	metas      []*metav1.ObjectMeta
}

// workload is what makes pods.
type workload struct {
	name     string
	pod      *corev1.PodTemplateSpec
	selector *metav1.LabelSelector // nil of a Job
	replicas int
	// The last two are a StatefulSet's alone.
	service string
	claims  []corev1.PersistentVolumeClaim
}

func (w *workload) stable() bool { return w.service != "" }

// kubeFiles are the manifests by name.
func kubeFiles(t *testing.T) map[string]string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(checkout, "deploy/kubernetes/*.yaml"))
	if err != nil || len(paths) < 5 {
		t.Fatalf("only %v are there: %v", paths, err)
	}
	out := map[string]string{}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		out[filepath.Base(path)] = string(data)
	}
	return out
}

// readKube decodes manifests in the order of their names, as kubectl does. What a type does not have is a fault.
func readKube(files map[string]string) (*kube, []string) {
	k, faults := &kube{}, []string(nil)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		for _, doc := range strings.Split(files[name], "\n---\n") {
			if err := k.read([]byte(doc)); err != nil {
				faults = append(faults, fmt.Sprintf("%s: %v", name, err))
			}
		}
	}
	return k, faults
}

func (k *kube) read(doc []byte) error {
	var kind metav1.TypeMeta
	if err := yaml.Unmarshal(doc, &kind); err != nil {
		return err
	}
	into := map[string]metav1.Object{
		"v1 Namespace": &corev1.Namespace{}, "v1 ConfigMap": &corev1.ConfigMap{}, "v1 Service": &corev1.Service{},
		"apps/v1 Deployment": &appsv1.Deployment{}, "apps/v1 StatefulSet": &appsv1.StatefulSet{}, "batch/v1 Job": &batchv1.Job{},
		"policy/v1 PodDisruptionBudget": &policyv1.PodDisruptionBudget{}, "networking.k8s.io/v1 Ingress": &networkingv1.Ingress{},
	}[kind.APIVersion+" "+kind.Kind]
	if into == nil {
		return fmt.Errorf("no document should be of %s, kind %q", kind.APIVersion, kind.Kind)
	}
	if err := yaml.UnmarshalStrict(doc, into); err != nil {
		return fmt.Errorf("%s: %w", kind.Kind, err)
	}
	count := func(n *int32) int {
		if n == nil {
			return 1
		}
		return int(*n)
	}
	var meta *metav1.ObjectMeta
	switch d := into.(type) {
	case *corev1.Namespace:
		k.namespaces, meta = append(k.namespaces, d), &d.ObjectMeta
	case *corev1.ConfigMap:
		k.configs, meta = append(k.configs, d), &d.ObjectMeta
	case *corev1.Service:
		k.services, meta = append(k.services, d), &d.ObjectMeta
	case *policyv1.PodDisruptionBudget:
		k.budgets, meta = append(k.budgets, d), &d.ObjectMeta
	case *networkingv1.Ingress:
		k.ingresses, meta = append(k.ingresses, d), &d.ObjectMeta
	case *batchv1.Job:
		k.workloads, meta = append(k.workloads, workload{name: d.Name, pod: &d.Spec.Template, replicas: 1}), &d.ObjectMeta
	case *appsv1.Deployment:
		w := workload{name: d.Name, pod: &d.Spec.Template, selector: d.Spec.Selector, replicas: count(d.Spec.Replicas)}
		k.workloads, meta = append(k.workloads, w), &d.ObjectMeta
	case *appsv1.StatefulSet:
		w := workload{name: d.Name, pod: &d.Spec.Template, selector: d.Spec.Selector, replicas: count(d.Spec.Replicas)}
		w.service, w.claims = d.Spec.ServiceName, d.Spec.VolumeClaimTemplates
		k.workloads, meta = append(k.workloads, w), &d.ObjectMeta
	}
	k.names, k.metas = append(k.names, kind.Kind+" "+meta.Name), append(k.metas, meta)
	return nil
}

// kubeFaults are what is wrong with manifests. served says which paths a process serves.
func kubeFaults(files map[string]string, served func(path string) bool) []string {
	k, out := readKube(files)
	fault := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	k.namespaceFaults(fault)
	k.joinFaults(fault)
	images, roles := map[string]bool{}, map[string]int{}
	for i := range k.workloads {
		w := &k.workloads[i]
		of := func(format string, args ...any) { fault(w.name+": "+format, args...) }
		w.podFaults(of)
		for _, c := range w.pod.Spec.Containers {
			images[c.Image] = true
			for _, role := range k.commandFaults(w, &c, of) {
				roles[role] += w.replicas
			}
			if w.selector != nil {
				probeFaults(&c, served, of)
			}
		}
	}
	if len(images) != 1 {
		fault("there are %d images: %v", len(images), slices.Sorted(maps.Keys(images)))
	}
	for _, role := range []string{"simulator", "processor", "gateway"} {
		if roles[role] < 2 {
			fault("%d processes have the role %s: the loss of one ends its work", roles[role], role)
		}
	}
	slices.Sort(out)
	return out
}

func TestKubernetes_ManifestsFitTogetherAndToTheProgram(t *testing.T) {
	if faults := kubeFaults(kubeFiles(t), statusRoutes(t)); len(faults) > 0 {
		t.Error(strings.Join(faults, "\n"))
	}
}

func TestKubernetes_EachPlantedMistakeIsFound(t *testing.T) {
	const selected = "matchLabels: { app.kubernetes.io/name: lightsout, app.kubernetes.io/component: "
	served := statusRoutes(t)
	for _, planted := range []struct{ file, old, with, fault string }{
		{"5-gateway.yaml", "serviceName", "service", `unknown field "service"`},
		{"3-simulator.yaml", "apps/v1", "apps/v1beta1", "no document should be of apps/v1beta1"},
		{"1-config.yaml", "LIGHTSOUT_KAFKA_USER", "LIGHTSOUT_KAFKA_NAME", "LIGHTSOUT_KAFKA_NAME is no setting"},
		{"1-config.yaml", `TLS: "true"`, `TLS: "perhaps"`, `LIGHTSOUT_KAFKA_TLS: invalid argument "perhaps"`},
		{"1-config.yaml", "LIGHTSOUT_KAFKA: .*", "LIGHTSOUT_KAFKA: kafka", "the broker kafka has no port"},
		{"1-config.yaml", "PROXIES: 10.0.0.0/8", "PROXIES: ingress", `trusted proxy "ingress"`},
		{"1-config.yaml", "race.example.com", "example.com", "the Ingress serves race.example.com, the public URL is https://example.com/"},
		{"1-config.yaml", "name: influxdb", "name: influx", "there is no ConfigMap influxdb"},
		{"2-kafka-init.yaml", "kafka, init", "kafka, start", "kafka-init: the command line"},
		{"2-kafka-init.yaml", "--wait=2m", "--wait=two", "kafka-init: the command line"},
		{"2-kafka-init.yaml", "(?s)  +- name: LIGHTSOUT_KAFKA_PASSWORD.*?}\n", "", "kafka-init: it logs in to Kafka without a password"},
		{"2-kafka-init.yaml", "valueFrom: .*", "value: secret", "LIGHTSOUT_KAFKA_PASSWORD is not taken from a Secret"},
		{"2-kafka-init.yaml", "OnFailure", "Always", "kafka-init: it restarts Always"},
		{"3-simulator.yaml", "roles=simulator", "role=simulator", "simulator: the command line"},
		{"3-simulator.yaml", "replicas: 2", "replicas: 1", "1 processes have the role simulator"},
		{"3-simulator.yaml", "lightsout:local", "lightsout", "has no pinned tag"},
		{"3-simulator.yaml", "lightsout:local", "lightsout:other", "there are 2 images"},
		{"3-simulator.yaml", "containerPort: 8080", "containerPort: 8081", "it listens on 0.0.0.0:8080, which is not its port http"},
		{"3-simulator.yaml", "0.0.0.0:8080", "127.0.0.1:8080", "it listens on 127.0.0.1:8080"},
		{"3-simulator.yaml", "path: /healthz", "path: /health", "a probe asks /health, which is not served"},
		{"3-simulator.yaml", `(liveness(?s:.*?))/healthz`, "livenessProbe:\n            httpGet: { path: /readyz", "a probe asks /readyz instead of /healthz"},
		{"3-simulator.yaml", "port: http }\n +periodSeconds: 10", "port: web }\n            periodSeconds: 10", "a probe asks the port web"},
		{"3-simulator.yaml", "failureThreshold: 360", "failureThreshold: 3", "it may catch up for 15s"},
		{"3-simulator.yaml", "--log-json", "--kafka-instance=one", "it has the name one"},
		{"3-simulator.yaml", "          env:\n", "          env:\n            - { name: LIGHTSOUT_KAFKA_INSTANCE, valueFrom: { fieldRef: { fieldPath: metadata.name } } }\n", "its pods have no stable names"},
		{"3-simulator.yaml", "runAsNonRoot: true", "runAsNonRoot: false", "it may run as root"},
		{"3-simulator.yaml", "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false", "it may write to its image"},
		{"3-simulator.yaml", "drop: \\[ALL]", "add: [NET_ADMIN]", "it has capabilities"},
		{"3-simulator.yaml", "seccompProfile", "# seccompProfile", "it has no seccomp profile"},
		{"3-simulator.yaml", "limits: .*", "limits: { cpu: 1 }", "its memory has no limit"},
		{"3-simulator.yaml", "PeriodSeconds: 45", "PeriodSeconds: 30", "it is killed after 30 s"},
		{"3-simulator.yaml", "enableServiceLinks: false", "enableServiceLinks: true", "names of Services become settings"},
		{"3-simulator.yaml", "(?s)(PodDisruptionBudget.*)component: simulator", "PodDisruptionBudget\nmetadata: { name: simulator, namespace: lightsout }\nspec:\n  maxUnavailable: 1\n  selector:\n    " + selected + "simulators", "the PodDisruptionBudget simulator selects nothing"},
		{"3-simulator.yaml", "(?s)---.*", "", "simulator: no PodDisruptionBudget selects it"},
		{"3-simulator.yaml", "maxUnavailable: 1", "minAvailable: 2", "the PodDisruptionBudget simulator lets no pod of simulator go"},
		{"3-simulator.yaml", "template:\n    metadata:\n      labels: .*", "template:\n    metadata:\n      labels: { app: simulator }", "simulator: its selector is not of its own pods alone"},
		{"4-processor.yaml", "component: processor", "component: simulator", "its selector is not of its own pods alone"},
		{"4-processor.yaml", "mountPath: /tmp", "mountPath: /copy", "processor: its copy has no room: /tmp"},
		{"4-processor.yaml", "name: copy, mount", "name: copies, mount", "it mounts copies, which is no volume"},
		{"4-processor.yaml", "(?s)  +- name: LIGHTSOUT_INFLUX_TOKEN.*?}\n", "", "processor: it feeds InfluxDB without a token"},
		{"5-gateway.yaml", "(?s)  +- name: LIGHTSOUT_TOKEN.*?}\n", "", "needs a token"},
		{"5-gateway.yaml", "mountPath: /data", "mountPath: /copy", "gateway: its copy has no room: /data"},
		{"5-gateway.yaml", "name: gateways", "name: all", "gateway: its Service gateways is not there"},
		{"5-gateway.yaml", "clusterIP: None", "type: ClusterIP", "gateway: its Service gateways is not there, or not headless"},
		{"5-gateway.yaml", "targetPort: http", "targetPort: web", "the Service gateway sends to the port web of gateway"},
		{"5-gateway.yaml", "selector: { app", "selector: { application", "the Service gateway selects nothing"},
		{"5-gateway.yaml", "sleep: { seconds: 10 }", "sleep: { seconds: 40 }", "it is killed after 60 s"},
		{"6-ingress.yaml", "name: gateway,", "name: gate,", "the Ingress sends to gate"},
		{"6-ingress.yaml", "port: { name: http }", "port: { number: 8080 }", "the Ingress sends to gateway"},
		{"6-ingress.yaml", "namespace: lightsout", "namespace: default", "Ingress lightsout is in the namespace default"},
		{"0-namespace.yaml", "name: lightsout", "name: other", "is in the namespace lightsout, which is not there"},
	} {
		files := kubeFiles(t)
		files[planted.file] = plant(t, files[planted.file], planted.old, planted.with)
		if faults := kubeFaults(files, served); !strings.Contains(strings.Join(faults, "\n"), planted.fault) || len(faults) == 0 {
			t.Errorf("%s with %q instead of %q: the faults are %q", planted.file, planted.with, planted.old, faults)
		}
	}
}

func TestKubernetes_NoFileHasASecretInIt(t *testing.T) {
	files := kubeFiles(t)
	files["7-secret.yaml"] = "apiVersion: v1\nkind: Secret\nmetadata: { name: lightsout, namespace: lightsout }\nstringData: { token: x }\n"
	if _, faults := readKube(files); len(faults) != 1 || !strings.Contains(faults[0], `kind "Secret"`) {
		t.Errorf("the faults are %q", faults)
	}
}
