package controllers

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"
)

// portRepair is the JSON patch without which wanted cannot be applied to
// live; nil when there is no need of one.
//
// Server-side apply knows a Service's ports by their number. One that somebody
// else has renumbered is theirs from then on: ours would be added beside it,
// and refused because both have the same name. So it gets its number back first.
func portRepair(live *corev1.Service, wanted *corev1ac.ServiceApplyConfiguration) []byte {
	for i, is := range live.Spec.Ports {
		for _, want := range wanted.Spec.Ports {
			if is.Name == *want.Name && is.Port != *want.Port {
				return jsonPatch(
					operation{"test", "/metadata/resourceVersion", live.ResourceVersion},
					operation{"replace", fmt.Sprintf("/spec/ports/%d/port", i), *want.Port},
				)
			}
		}
	}
	return nil
}
