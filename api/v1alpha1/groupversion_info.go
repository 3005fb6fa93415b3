// Package v1alpha1 is the API tcp-operator.io/v1alpha1: TCP servers and
// clients as declared objects.
//
// The kinds are spelt TcpServer and TcpClient, against the Kubernetes rule
// that acronyms keep one case; everything else follows the API conventions.
// +kubebuilder:object:generate=true
// +groupName=tcp-operator.io
package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

var (
	// GroupVersion of the kinds in this package.
	GroupVersion = schema.GroupVersion{Group: "tcp-operator.io", Version: "v1alpha1"}
	// ServerKind is TcpServer with its group and version, which typed objects
	// come back without from the API server.
	ServerKind = GroupVersion.WithKind("TcpServer")
	// ClientKind is TcpClient with its group and version.
	ClientKind = GroupVersion.WithKind("TcpClient")

	schemeBuilder = runtime.NewSchemeBuilder(func(s *runtime.Scheme) error {
		s.AddKnownTypes(GroupVersion, &TcpServer{}, &TcpServerList{}, &TcpClient{}, &TcpClientList{})
		metav1.AddToGroupVersion(s, GroupVersion)
		return nil
	})
	// AddToScheme registers the kinds.
	AddToScheme = schemeBuilder.AddToScheme
)
