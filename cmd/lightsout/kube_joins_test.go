package main

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// namespaceFaults holds all documents to one namespace, which is applied before them.
func (k *kube) namespaceFaults(fault func(format string, args ...any)) {
	if len(k.namespaces) != 1 || k.metas[0] != &k.namespaces[0].ObjectMeta {
		fault("a Namespace must be applied first: %v", k.names)
		return
	}
	for i, meta := range k.metas {
		switch {
		case i == 0:
		case meta.Namespace != k.namespaces[0].Name:
			fault("%s is in the namespace %s, which is not there", k.names[i], meta.Namespace)
		case slices.Contains(k.names[:i], k.names[i]):
			fault("%s is there twice", k.names[i])
		}
	}
}

// selects are the workloads whose pods have all that is asked for.
func (k *kube) selects(s *metav1.LabelSelector) (out []*workload) {
	selector, err := metav1.LabelSelectorAsSelector(s)
	if err != nil || selector.Empty() {
		return nil
	}
	for i := range k.workloads {
		if selector.Matches(labels.Set(k.workloads[i].pod.Labels)) {
			out = append(out, &k.workloads[i])
		}
	}
	return out
}

// joinFaults holds selectors to labels and ports to ports.
func (k *kube) joinFaults(fault func(format string, args ...any)) {
	budgeted := map[*workload]bool{}
	for _, b := range k.budgets {
		found := k.selects(b.Spec.Selector)
		if len(found) == 0 {
			fault("the PodDisruptionBudget %s selects nothing", b.Name)
		}
		for _, w := range found {
			budgeted[w] = true
			least, most := b.Spec.MinAvailable, b.Spec.MaxUnavailable
			if least != nil && least.IntValue() >= w.replicas || most != nil && most.IntValue() < 1 {
				fault("the PodDisruptionBudget %s lets no pod of %s go", b.Name, w.name)
			}
		}
	}
	for _, s := range k.services {
		k.serviceFaults(s, fault)
	}
	for _, in := range k.ingresses {
		k.ingressFaults(in, fault)
	}
	for i := range k.workloads {
		w := &k.workloads[i]
		if w.selector == nil {
			continue
		}
		if found := k.selects(w.selector); len(found) != 1 || found[0] != w {
			fault("%s: its selector is not of its own pods alone", w.name)
		}
		if !budgeted[w] {
			fault("%s: no PodDisruptionBudget selects it", w.name)
		}
		headless := func(s *corev1.Service) bool {
			return s.Name == w.service && s.Spec.ClusterIP == corev1.ClusterIPNone && slices.Contains(k.serves(s), w)
		}
		if w.stable() && !slices.ContainsFunc(k.services, headless) {
			fault("%s: its Service %s is not there, or not headless, or not of its pods", w.name, w.service)
		}
		for _, spread := range w.pod.Spec.TopologySpreadConstraints {
			if found := k.selects(spread.LabelSelector); len(found) != 1 || found[0] != w {
				fault("%s: it spreads other pods than its own", w.name)
			}
		}
	}
}

func (k *kube) serves(s *corev1.Service) []*workload {
	return k.selects(&metav1.LabelSelector{MatchLabels: s.Spec.Selector})
}

func (k *kube) serviceFaults(s *corev1.Service, fault func(format string, args ...any)) {
	found := k.serves(s)
	if len(found) == 0 {
		fault("the Service %s selects nothing", s.Name)
	}
	for _, w := range found {
		for _, port := range s.Spec.Ports {
			if !has(&w.pod.Spec.Containers[0], port.TargetPort) {
				fault("the Service %s sends to the port %s of %s, which has none", s.Name, port.TargetPort.String(), w.name)
			}
		}
	}
}

// has reports whether a container has a port, by name or by number.
func has(c *corev1.Container, port intstr.IntOrString) bool {
	return slices.ContainsFunc(c.Ports, func(p corev1.ContainerPort) bool {
		return port.StrVal != "" && p.Name == port.StrVal || port.StrVal == "" && p.ContainerPort == port.IntVal
	})
}

func (k *kube) ingressFaults(in *networkingv1.Ingress, fault func(format string, args ...any)) {
	public := ""
	for _, c := range k.configs {
		public += c.Data["LIGHTSOUT_PUBLIC_URL"]
	}
	for _, rule := range in.Spec.Rules {
		secure := slices.ContainsFunc(in.Spec.TLS, func(t networkingv1.IngressTLS) bool { return slices.Contains(t.Hosts, rule.Host) })
		if scheme := map[bool]string{true: "https://", false: "http://"}[secure]; !strings.HasPrefix(public, scheme+rule.Host+"/") {
			fault("the Ingress serves %s, the public URL is %s", rule.Host, public)
		}
		for _, path := range rule.HTTP.Paths {
			to := path.Backend.Service
			there := slices.ContainsFunc(k.services, func(s *corev1.Service) bool {
				return s.Name == to.Name && slices.ContainsFunc(s.Spec.Ports, func(p corev1.ServicePort) bool {
					return to.Port.Name != "" && p.Name == to.Port.Name || to.Port.Name == "" && p.Port == to.Port.Number
				})
			})
			if !there {
				fault("the Ingress sends to %s, port %s%d, which is not there", to.Name, to.Port.Name, to.Port.Number)
			}
		}
	}
}
