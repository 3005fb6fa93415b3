package desired

import (
	"path"

	corev1 "k8s.io/api/core/v1"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/workload/spec"
)

// Where Secrets are mounted, each as a whole folder: the kubelet brings such a
// mount up to date when the Secret changes.
const (
	certificateVolume = "certificate"
	caVolume          = "ca"
	mountFolder       = "/etc/tcp-workload"

	// The key of a Secret that holds authorities, as cert-manager writes it.
	caKey = "ca.crt"
)

// secretMount is a Secret that the pods read. name is empty where there is none.
type secretMount struct {
	volume string
	name   v1alpha1.SecretName
}

// serverTLS is what the workload is told: files, where the API names Secrets.
func serverTLS(t *v1alpha1.ServerTLS) spec.ServerTLS {
	if t == nil {
		return spec.ServerTLS{}
	}
	out := spec.ServerTLS{
		CertificateFile: mounted(certificateVolume, corev1.TLSCertKey),
		KeyFile:         mounted(certificateVolume, corev1.TLSPrivateKeyKey),
	}
	if t.ClientCASecretName != "" {
		out.ClientCAFile = mounted(caVolume, caKey)
	}
	return out
}

// serverSecrets are the Secrets that hold these files.
func serverSecrets(t *v1alpha1.ServerTLS) []secretMount {
	if t == nil {
		return nil
	}
	return []secretMount{{certificateVolume, t.SecretName}, {caVolume, t.ClientCASecretName}}
}

// clientTLS is what the workload is told, as serverTLS.
func clientTLS(t *v1alpha1.ClientTLS) spec.ClientTLS {
	if t == nil {
		return spec.ClientTLS{}
	}
	out := spec.ClientTLS{CAFile: mounted(caVolume, caKey), ServerName: t.ServerName}
	if t.CertificateSecretName != "" {
		out.CertificateFile = mounted(certificateVolume, corev1.TLSCertKey)
		out.KeyFile = mounted(certificateVolume, corev1.TLSPrivateKeyKey)
	}
	return out
}

// clientSecrets are the Secrets that hold these files.
func clientSecrets(t *v1alpha1.ClientTLS) []secretMount {
	if t == nil {
		return nil
	}
	return []secretMount{{caVolume, t.CASecretName}, {certificateVolume, t.CertificateSecretName}}
}

func mounted(volume, key string) string { return path.Join(mountFolder, volume, key) }

// mount adds the Secrets to a pod and its container.
func mount(secrets []secretMount, pod *corev1ac.PodSpecApplyConfiguration, container *corev1ac.ContainerApplyConfiguration) {
	for _, s := range secrets {
		if s.name == "" {
			continue
		}
		pod.WithVolumes(corev1ac.Volume().WithName(s.volume).
			WithSecret(corev1ac.SecretVolumeSource().WithSecretName(string(s.name))))
		container.WithVolumeMounts(corev1ac.VolumeMount().WithName(s.volume).
			WithMountPath(path.Join(mountFolder, s.volume)).WithReadOnly(true))
	}
}
