package chart

import (
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// Each example of values renders exactly these objects.
func TestWhatIsRendered(t *testing.T) {
	common := []string{
		"Deployment farebook-api", "Deployment farebook-webhooks", "Deployment farebook-worker",
		"Service farebook-api", "Service farebook-webhooks", "Job farebook-setup",
		"Service farebook-api-metrics", "Service farebook-webhooks-metrics", "Service farebook-worker-metrics",
		"PodDisruptionBudget farebook-webhooks", "PodDisruptionBudget farebook-worker",
	}
	managed := []string{
		"PodDisruptionBudget farebook-api", "Job farebook-migrate", "Job farebook-migrate-after",
		"NetworkPolicy farebook-api", "NetworkPolicy farebook-webhooks", "NetworkPolicy farebook-worker",
		"NetworkPolicy farebook-migrate", "NetworkPolicy farebook-setup",
	}
	scaled := []string{
		"HorizontalPodAutoscaler farebook-api", "HorizontalPodAutoscaler farebook-webhooks", "HorizontalPodAutoscaler farebook-worker",
		"ServiceMonitor farebook-api", "ServiceMonitor farebook-webhooks", "ServiceMonitor farebook-worker",
	}
	controlled := []string{"Connection farebook", "WorkerDeployment farebook-worker"}
	for name, want := range map[string][]string{
		"least": slices.Concat(common, managed), "cloud": slices.Concat(common, managed, scaled), "own": common,
		"versions-own": slices.Concat(common, managed, controlled),
		"versions":     without(slices.Concat(common, managed, controlled), "Deployment farebook-worker"),
	} {
		require.ElementsMatch(t, want, slices.Collect(maps.Keys(objects(t, valuesFiles(t)[name]))), name)
	}
}

func without(names []string, left string) []string {
	return slices.DeleteFunc(names, func(name string) bool { return name == left })
}

// A pod runs as an unprivileged user, changes nothing in its image, has no token of the cluster, and bounds its memory.
func TestPodsAreConfined(t *testing.T) {
	for _, values := range valuesFiles(t) {
		for id, pod := range objects(t, values).pods() {
			spec := pod.Spec
			require.False(t, *spec.AutomountServiceAccountToken, id)
			require.True(t, *spec.SecurityContext.RunAsNonRoot, id)
			require.EqualValues(t, 65532, *spec.SecurityContext.RunAsUser, id)
			require.Equal(t, corev1.SeccompProfileTypeRuntimeDefault, spec.SecurityContext.SeccompProfile.Type, id)
			require.Empty(t, spec.InitContainers, id)
			require.Len(t, spec.Containers, 1, id)
			container := spec.Containers[0]
			require.True(t, *container.SecurityContext.ReadOnlyRootFilesystem, id)
			require.False(t, *container.SecurityContext.AllowPrivilegeEscalation, id)
			require.Equal(t, []corev1.Capability{"ALL"}, container.SecurityContext.Capabilities.Drop, id)
			require.NotEmpty(t, container.Resources.Limits.Memory().String(), id)
			require.NotEmpty(t, container.Resources.Requests.Cpu().String(), id)
		}
	}
	dockerfile, err := os.ReadFile(root + "/Dockerfile")
	require.NoError(t, err)
	require.Contains(t, string(dockerfile), "USER 65532:65532")
}

// A pod takes bookings while /readyz answers, receives webhooks while /readyz/webhooks does, and is restarted only when /healthz fails.
func TestProbes(t *testing.T) {
	for name, values := range valuesFiles(t) {
		all := objects(t, values)
		bookings := "http /readyz"
		if name == "own" {
			bookings = "http /healthz"
		}
		for id, ready := range map[string]string{
			"Deployment farebook-api": bookings, "Deployment farebook-webhooks": "http /readyz/webhooks",
			"Deployment farebook-worker": "admin /readyz", "WorkerDeployment farebook-worker": "admin /readyz",
		} {
			pod, found := all.pods()[id]
			if !found {
				require.True(t, strings.HasSuffix(id, "Deployment farebook-worker"), id)
				continue
			}
			container := pod.Spec.Containers[0]
			ports := map[string]int32{}
			for _, port := range container.Ports {
				ports[port.Name] = port.ContainerPort
			}
			get := func(probe *corev1.Probe) string {
				require.Contains(t, ports, probe.HTTPGet.Port.String(), id)
				return probe.HTTPGet.Port.String() + " " + probe.HTTPGet.Path
			}
			require.Equal(t, ready, get(container.ReadinessProbe), id)
			require.Equal(t, "admin /healthz", get(container.LivenessProbe), id)
			require.Equal(t, "admin /healthz", get(container.StartupProbe), id)
			for port, variable := range map[string]string{"http": "HTTP_ADDR", "admin": "ADMIN_ADDR"} {
				if ports[port] != 0 {
					require.True(t, strings.HasSuffix(value(container, variable), ":"+strconv.Itoa(int(ports[port]))), "%s %s", id, variable)
				}
			}
		}
	}
}

// Whatever selects pods selects those of one component, all of them, and names ports that they have.
func TestSelectorsFindTheirPods(t *testing.T) {
	for _, values := range valuesFiles(t) {
		all := objects(t, values)
		for id, decoded := range all {
			var selector map[string]string
			switch o := decoded.(type) {
			case *appsv1.Deployment:
				selector = o.Spec.Selector.MatchLabels
				for _, spread := range o.Spec.Template.Spec.TopologySpreadConstraints {
					require.Equal(t, selector, spread.LabelSelector.MatchLabels, id)
				}
			case *corev1.Service:
				selector = o.Spec.Selector
			case *policyv1.PodDisruptionBudget:
				selector = o.Spec.Selector.MatchLabels
			case *networkingv1.NetworkPolicy:
				selector = o.Spec.PodSelector.MatchLabels
			default:
				continue
			}
			component := strings.TrimSuffix(strings.TrimPrefix(decoded.GetName(), "farebook-"), "-metrics")
			for owner, pod := range all.pods() {
				want := strings.TrimSuffix(strings.Fields(owner)[1], "-after") == "farebook-"+component
				require.Equal(t, want, labels.SelectorFromSet(selector).Matches(labels.Set(pod.Labels)), "%s and %s", id, owner)
			}
		}
	}
}

// An autoscaler that shares the count of replicas with the Deployment would be reset by each upgrade.
func TestScaledDeploymentsLeaveTheirReplicas(t *testing.T) {
	all := objects(t, valuesFiles(t)["cloud"])
	for id, decoded := range all {
		if scaler, ok := decoded.(*autoscalingv2.HorizontalPodAutoscaler); ok {
			target, found := all["Deployment "+scaler.Spec.ScaleTargetRef.Name].(*appsv1.Deployment)
			require.True(t, found, id)
			require.Nil(t, target.Spec.Replicas, id)
			require.Greater(t, scaler.Spec.MaxReplicas, *scaler.Spec.MinReplicas, id)
		}
	}
}

// The database has the new schema before a new pod starts, and Temporal its namespace and schedules.
func TestJobsRunBeforeThePods(t *testing.T) {
	all := objects(t, valuesFiles(t)["least"])
	for name, want := range map[string][2]string{
		"farebook-migrate":       {"pre-install,pre-upgrade", "-10"},
		"farebook-setup":         {"pre-install,pre-upgrade", "-5"},
		"farebook-migrate-after": {"post-upgrade", "0"},
	} {
		job := all["Job "+name].(*batchv1.Job)
		require.Equal(t, want, [2]string{job.Annotations["helm.sh/hook"], job.Annotations["helm.sh/hook-weight"]}, name)
		require.Equal(t, "before-hook-creation", job.Annotations["helm.sh/hook-delete-policy"], name)
		require.Equal(t, corev1.RestartPolicyNever, job.Spec.Template.Spec.RestartPolicy, name)
	}
}

// The public port is for callers and the admin port for scrapers; neither is open to everybody.
func TestPoliciesOpenOnlyWhatIsNamed(t *testing.T) {
	for example, want := range map[string]map[string][]string{
		"least": {},
		"cloud": {
			"api": {"8080 from ingress", "9090 from monitoring"}, "webhooks": {"8080 from ingress", "9090 from monitoring"},
			"worker": {"9090 from monitoring"},
		},
	} {
		all := objects(t, valuesFiles(t)[example])
		for _, component := range []string{"api", "webhooks", "worker", "migrate", "setup"} {
			policy := all["NetworkPolicy farebook-"+component].(*networkingv1.NetworkPolicy)
			require.ElementsMatch(t, []networkingv1.PolicyType{"Ingress", "Egress"}, policy.Spec.PolicyTypes)
			var opened []string
			for _, rule := range policy.Spec.Ingress {
				require.Len(t, rule.From, 1)
				require.Len(t, rule.Ports, 1)
				opened = append(opened, rule.Ports[0].Port.String()+" from "+rule.From[0].NamespaceSelector.MatchLabels["kubernetes.io/metadata.name"])
			}
			require.Equal(t, want[component], opened, "%s of %s", component, example)
			for _, rule := range policy.Spec.Egress {
				require.NotEmpty(t, rule.Ports, component)
			}
		}
	}
}

// Prometheus gives the targets the names of jobs that the alerts ask for.
func TestScrapedJobsAreThoseOfTheAlerts(t *testing.T) {
	alerts, err := os.ReadFile(root + "/deploy/prometheus/alerts.yml")
	require.NoError(t, err)
	all := objects(t, valuesFiles(t)["cloud"])
	for component, job := range map[string]string{"api": "farebook-api", "webhooks": "farebook-api", "worker": "farebook-worker"} {
		require.Contains(t, string(alerts), `job="`+job+`"`)
		monitor := all["ServiceMonitor farebook-"+component].(*monitoringv1.ServiceMonitor)
		var found []string
		for id, decoded := range all {
			service, ok := decoded.(*corev1.Service)
			if ok && labels.SelectorFromSet(monitor.Spec.Selector.MatchLabels).Matches(labels.Set(service.Labels)) {
				found = append(found, id)
				require.Equal(t, job, service.Labels[monitor.Spec.JobLabel], id)
				require.Equal(t, monitor.Spec.Endpoints[0].Port, service.Spec.Ports[0].Name, id)
			}
		}
		require.Equal(t, []string{"Service farebook-" + component + "-metrics"}, found)
	}
}
