package controllers

import (
	"context"
	"encoding/json"
	"hash/fnv"
	"reflect"
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

// unchanged asks the API server whether a child of which nothing is remembered,
// or which has changed since, is all the same as it was applied. So a restart
// and what others do to fields of their own cause no writes.
func (c *children) unchanged(ctx context.Context, child client.Object, wanted runtime.ApplyConfiguration, hash uint64) bool {
	if child.GetAnnotations()[AppliedAnnotation] != text(hash) {
		return false
	}
	// The cache knows nothing of who owns what.
	live := reflect.New(reflect.TypeOf(child).Elem()).Interface().(client.Object)
	if err := c.live.Get(ctx, client.ObjectKeyFromObject(child), live); err != nil {
		return false // the apply will tell
	}
	if live.GetUID() != child.GetUID() || live.GetAnnotations()[AppliedAnnotation] != text(hash) || !ownsAll(live, wanted) {
		return false
	}
	c.remember(live, hash)
	return true
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
