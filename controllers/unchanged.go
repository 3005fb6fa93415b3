package controllers

import (
	"encoding/json"
	"hash/fnv"
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// AppliedAnnotation tells on each child what was last applied: a hash of it.
const AppliedAnnotation = "tcp-operator.io/applied"

// rememberedChildren bounds the memory: a child that fell out costs one read.
const rememberedChildren = 1 << 16

// applied is what is remembered of the last apply of a child.
type applied struct {
	wanted uint64 // hash of what was applied
	live   uint64 // hash of what the server made of it
}

// same tells whether applying what hashes to wanted would change nothing: it
// was applied before, and the child is still what the server made of it.
func (c *children) same(child client.Object, wanted uint64) bool {
	last, ok := c.applied.Get(child.GetUID())
	return ok && last == (applied{wanted: wanted, live: liveHash(child)})
}

// unchanged tells of a child, as the API server has it, whether it is as it was
// applied: of one of which nothing is remembered, or which others have changed.
func unchanged(live client.Object, wanted runtime.ApplyConfiguration, hash uint64) bool {
	return live.GetAnnotations()[AppliedAnnotation] == text(hash) && asWanted(live, wanted)
}

// note writes down on a child what it is made from.
func note(wanted runtime.ApplyConfiguration, hash uint64) {
	metadataOf(wanted).WithAnnotations(map[string]string{AppliedAnnotation: text(hash)})
}

func (c *children) remember(child client.Object, wanted uint64) {
	c.applied.Add(child.GetUID(), applied{wanted: wanted, live: liveHash(child)})
}

// liveHash covers what the operator may own in a child, and neither its
// status nor its bookkeeping.
func liveHash(child client.Object) uint64 {
	var spec any
	switch o := child.(type) {
	case *appsv1.Deployment:
		spec = o.Spec
	case *corev1.Service:
		spec = o.Spec
	case *networkingv1.NetworkPolicy:
		spec = o.Spec
	case *policyv1.PodDisruptionBudget:
		spec = o.Spec
	}
	return hashOf([]any{child.GetLabels(), child.GetAnnotations(), child.GetOwnerReferences(), spec})
}

func text(hash uint64) string { return strconv.FormatUint(hash, 16) }

func hashOf(v any) uint64 {
	h := fnv.New64a()
	if err := json.NewEncoder(h).Encode(v); err != nil {
		panic("children are plain data: " + err.Error())
	}
	return h.Sum64()
}
