package chart

import (
	"testing"

	"github.com/stretchr/testify/require"
	controller "github.com/temporalio/temporal-worker-controller/api/v1alpha1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"farebook/internal/config"
	"farebook/internal/deployment"
)

// controlled are the pods of a WorkerDeployment as the Temporal Worker Controller makes them: it appends the variables of Temporal, and
// mounts the client's certificate.
func (r rendered) controlled(owner *controller.WorkerDeployment) corev1.PodTemplateSpec {
	template := *owner.Spec.Template.DeepCopy()
	container := &template.Spec.Containers[0]
	set := func(name, value string) {
		container.Env = append(container.Env, corev1.EnvVar{Name: name, Value: value})
	}
	connection := r["Connection "+owner.Spec.WorkerOptions.ConnectionRef.Name].(*controller.Connection).Spec
	set("TEMPORAL_ADDRESS", connection.HostPort)
	set("TEMPORAL_NAMESPACE", owner.Spec.WorkerOptions.TemporalNamespace)
	set("TEMPORAL_DEPLOYMENT_NAME", owner.Namespace+"/"+owner.Name)
	set("TEMPORAL_WORKER_BUILD_ID", "1-2-3-0a1b")
	if name := connection.TLSServerName(); name != "" {
		set("TEMPORAL_TLS_SERVER_NAME", name)
	}
	if connection.APIKeySecretRef != nil {
		set("TEMPORAL_API_KEY", "secret")
	}
	if connection.MutualTLSSecretRef != nil {
		set("TEMPORAL_TLS", "true")
		set("TEMPORAL_TLS_CLIENT_KEY_PATH", "/etc/temporal/tls/tls.key")
		set("TEMPORAL_TLS_CLIENT_CERT_PATH", "/etc/temporal/tls/tls.crt")
		mode := int32(0o440) // the controller leaves Kubernetes' default, which is wider
		container.VolumeMounts = append(container.VolumeMounts,
			corev1.VolumeMount{Name: "temporal-tls", MountPath: "/etc/temporal/tls", ReadOnly: true})
		template.Spec.Volumes = append(template.Spec.Volumes, corev1.Volume{Name: "temporal-tls", VolumeSource: corev1.VolumeSource{
			Secret: &corev1.SecretVolumeSource{SecretName: connection.MutualTLSSecretRef.Name, DefaultMode: &mode},
		}})
	}
	return template
}

// With the controller, workers poll as a build of its deployment, and API, webhook receivers and jobs know nothing of builds.
func TestTheControllersWorkersAreVersioned(t *testing.T) {
	for _, example := range []string{"versions", "versions-own"} {
		all := objects(t, valuesFiles(t)[example])
		for id, pod := range all.pods() {
			container := pod.Spec.Containers[0]
			build := deployment.Build{Deployment: value(container, "TEMPORAL_DEPLOYMENT_NAME"), ID: value(container, "TEMPORAL_WORKER_BUILD_ID")}
			require.Equal(t, id == "WorkerDeployment farebook-worker", build.Versioned(), "%s of %s", id, example)
			if build.Versioned() {
				cfg, _, err := config.LoadFrom(environmentOf(t, pod))
				require.NoError(t, err, example)
				require.Equal(t, deployment.Build{Deployment: "payments/farebook-worker", ID: "1-2-3-0a1b"}, cfg.Build, example)
			}
		}
		api := all["Deployment farebook-api"].(*appsv1.Deployment).Spec.Template.Spec.Containers[0]
		require.Equal(t, "false", value(api, "API_WORKER"), "a worker of no build gets no bookings")
		owner := all["WorkerDeployment farebook-worker"].(*controller.WorkerDeployment)
		require.EqualValues(t, 2, *owner.Spec.Replicas)
		require.Equal(t, corev1.RestartPolicy(""), owner.Spec.Template.Spec.RestartPolicy, "the controller accepts Always only, the default")
		connection := all["Connection "+owner.Spec.WorkerOptions.ConnectionRef.Name].(*controller.Connection)
		require.NoError(t, connection.Spec.Validate())
		require.Equal(t, owner.Namespace, connection.Namespace)
		unversioned, kept := all["Deployment farebook-worker"].(*appsv1.Deployment)
		require.Equal(t, example == "versions-own", kept)
		if kept {
			require.Equal(t, unversioned.Spec.Template.Spec.Containers[0].Image, owner.Spec.Template.Spec.Containers[0].Image)
		}
	}
	rendered := objects(t, valuesFiles(t)["versions"])
	progressive := rendered["WorkerDeployment farebook-worker"].(*controller.WorkerDeployment).Spec.RolloutStrategy
	require.Equal(t, controller.UpdateProgressive, progressive.Strategy)
	require.Len(t, progressive.Steps, 2)
}

// What would run the builds of two releases in one Deployment, or scale what the controller makes, is refused.
func TestVersioningNeedsTheController(t *testing.T) {
	for _, name := range []string{"TEMPORAL_DEPLOYMENT_NAME", "TEMPORAL_WORKER_BUILD_ID"} {
		values := valuesFiles(t)["least"]
		values["config"].(map[string]any)[name] = "x"
		_, err := render(values)
		require.ErrorContains(t, err, "config."+name+" is set by the Temporal Worker Controller")
	}
	values := valuesFiles(t)["versions"]
	values["worker"].(map[string]any)["autoscaling"] = map[string]any{"enabled": true}
	_, err := render(values)
	require.ErrorContains(t, err, "WorkerResourceTemplate")
}
