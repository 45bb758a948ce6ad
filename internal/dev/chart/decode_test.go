package chart

import (
	"testing"

	"github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring"
	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"github.com/stretchr/testify/require"
	controller "github.com/temporalio/temporal-worker-controller/api/v1alpha1"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

// object is what every type of Kubernetes has.
type object = metav1.Object

// kinds makes an empty object of each kind that the chart may render.
var kinds = map[string]func() object{
	"v1 Service":                                                     func() object { return &corev1.Service{} },
	"apps/v1 Deployment":                                             func() object { return &appsv1.Deployment{} },
	"batch/v1 Job":                                                   func() object { return &batchv1.Job{} },
	"autoscaling/v2 HorizontalPodAutoscaler":                         func() object { return &autoscalingv2.HorizontalPodAutoscaler{} },
	"policy/v1 PodDisruptionBudget":                                  func() object { return &policyv1.PodDisruptionBudget{} },
	"networking.k8s.io/v1 NetworkPolicy":                             func() object { return &networkingv1.NetworkPolicy{} },
	"temporal.io/v1alpha1 Connection":                                func() object { return &controller.Connection{} },
	"temporal.io/v1alpha1 WorkerDeployment":                          func() object { return &controller.WorkerDeployment{} },
	monitoring.GroupName + "/v1 " + monitoringv1.ServiceMonitorsKind: func() object { return &monitoringv1.ServiceMonitor{} },
}

// rendered are the objects that the chart renders, by kind and name.
type rendered map[string]object

// objects renders the chart and decodes each document strictly: a field that Kubernetes does not know fails, and so does one that is
// written twice.
func objects(t *testing.T, values map[string]any) rendered {
	t.Helper()
	documents, err := render(values)
	require.NoError(t, err)
	all := rendered{}
	for _, document := range documents {
		var kind metav1.TypeMeta
		require.NoError(t, yaml.Unmarshal([]byte(document), &kind), document)
		create, known := kinds[kind.APIVersion+" "+kind.Kind]
		require.True(t, known, "%s %s", kind.APIVersion, kind.Kind)
		decoded := create()
		require.NoError(t, yaml.UnmarshalStrict([]byte(document), decoded), document)
		require.Equal(t, "payments", decoded.GetNamespace(), decoded.GetName())
		id := kind.Kind + " " + decoded.GetName()
		require.NotContains(t, all, id, "two objects with one name")
		all[id] = decoded
	}
	return all
}

// pods are the pod templates by the kind and name of their owner.
func (r rendered) pods() map[string]corev1.PodTemplateSpec {
	all := map[string]corev1.PodTemplateSpec{}
	for id, decoded := range r {
		switch owner := decoded.(type) {
		case *appsv1.Deployment:
			all[id] = owner.Spec.Template
		case *batchv1.Job:
			all[id] = owner.Spec.Template
		case *controller.WorkerDeployment:
			all[id] = r.controlled(owner)
		}
	}
	return all
}
