package world

import (
	"encoding/json"
	"slices"
	"strings"

	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Normal describes w so that two runs which came to the same end have the
// same description: without what the API server gives to each object anew, and
// without the namespace's name. The objects are in order of kind and name.
func (w World) Normal() []string {
	all := make([]string, 0, len(w.Objects))
	for _, o := range w.Objects {
		all = append(all, Kind(o)+"/"+o.GetName()+" "+strings.ReplaceAll(normal(o), w.Namespace, "NAMESPACE"))
	}
	slices.Sort(all)
	return all
}

// assigned are the fields that differ from run to run, wherever they are.
var assigned = []string{
	"uid", "resourceVersion", "generation", "observedGeneration", "creationTimestamp", "managedFields",
	"lastTransitionTime", "lastUpdateTime", "tcp-operator.io/applied", "clusterIP", "clusterIPs", "nodePort", "healthCheckNodePort",
	"tcp-operator.io/applied", // a hash of all this
}

func normal(o client.Object) string {
	text, err := json.Marshal(o)
	var fields map[string]any
	if err == nil {
		err = json.Unmarshal(text, &fields)
	}
	if err == nil {
		strip(fields)
		text, err = json.Marshal(fields)
	}
	if err != nil {
		panic("objects are plain data: " + err.Error())
	}
	return string(text)
}

// strip removes the assigned fields from a decoded JSON value.
func strip(v any) {
	switch v := v.(type) {
	case map[string]any:
		for _, name := range assigned {
			delete(v, name)
		}
		for _, inner := range v {
			strip(inner)
		}
	case []any:
		for _, inner := range v {
			strip(inner)
		}
	}
}
