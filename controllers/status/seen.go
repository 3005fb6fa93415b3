package status

import (
	"time"

	"tcp-operator.io/workload/snapshot"
)

// ServerSeen is what was seen of a server's children.
type ServerSeen struct {
	Deployment *DeploymentSeen // nil: there is none
	Service    *ServiceSeen    // nil: there is none
	Pods       PodsSeen
}

// ClientSeen is what was seen of a client's children.
type ClientSeen struct {
	Deployment *DeploymentSeen // nil: there is none
	Pods       PodsSeen
}

// DeploymentSeen is what a Deployment says about its pods.
type DeploymentSeen struct {
	// Generation that is wanted: the newest known, be it from a cache or from
	// the answer to a write.
	Generation int64
	// ObservedGeneration is what the Deployment controller has acted on.
	ObservedGeneration int64
	Wanted             int32 // spec.replicas
	Replicas           int32
	Updated            int32
	Ready              int32
	// RolledOut means that the current settings have reached every pod once:
	// a pod that is missing since then is being replaced.
	RolledOut bool
	// Failure is why pods cannot be created; empty when they can.
	Failure string
	// DeadlineExceeded means that a rollout made no progress for too long.
	DeadlineExceeded bool
}

// ServiceSeen is what a Service says about its addresses.
type ServiceSeen struct {
	ExternalAddresses []string // host:port
	NodePort          int32    // 0: none
}

// PodsSeen is what the pods of one resource said last. The zero value means
// that there are no pods.
type PodsSeen struct {
	// Unlisted means that nobody has looked for pods yet: nothing is known.
	Unlisted bool
	// Snapshots of the pods that answered.
	Snapshots []snapshot.Snapshot
	// Names of all pods that have not finished, whether they answered or not.
	Names []string
	// Silent is how many running pods did not answer usefully, and Why says
	// it for one of them.
	Silent int
	Why    string
	// Time of the newest snapshot; zero when there is none.
	Time time.Time
}

// heard tells whether as many pods as are wanted have answered.
func (p PodsSeen) heard(wanted int32) bool { return len(p.Snapshots) >= int(wanted) }
