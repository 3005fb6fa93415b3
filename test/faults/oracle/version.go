package oracle

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"tcp-operator.io/api/v1alpha1"
)

// Version returns what no version of a resource's status may say, also one
// that has not settled: it must be consistent in itself, and of the generation
// that it says it is of.
func Version(o client.Object) []string {
	f := &findings{}
	switch cr := o.(type) {
	case *v1alpha1.TcpServer:
		version(f, cr, cr.Status.Conditions, cr.Status.ObservedGeneration, "Ready", "Accepted", "Available")
	case *v1alpha1.TcpClient:
		version(f, cr, cr.Status.Conditions, cr.Status.ObservedGeneration,
			"Ready", "Accepted", "Available", "ResolvedRefs", "Connected", "ExpectationsMet")
	}
	return f.wrong
}

// ObservedGeneration is what the status of a resource says it is of; 0 for what
// is no resource.
func ObservedGeneration(o client.Object) int64 {
	switch cr := o.(type) {
	case *v1alpha1.TcpServer:
		return cr.Status.ObservedGeneration
	case *v1alpha1.TcpClient:
		return cr.Status.ObservedGeneration
	}
	return 0
}

func version(f *findings, cr client.Object, all []metav1.Condition, observed int64, always ...string) {
	if observed < 0 {
		return // nobody has looked at it yet
	}
	if observed > cr.GetGeneration() {
		f.add(cr, "status.observedGeneration is %d, the resource is of generation %d", observed, cr.GetGeneration())
	}
	then := cr.DeepCopyObject().(client.Object)
	then.SetGeneration(observed)
	conditions(f, then, all, observed, always...)
}
