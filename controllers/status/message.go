package status

import (
	"errors"
	"regexp"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// podName matches a quoted pod name in a message of the API server. It is
// random, and a message must not change while the state does not.
var podName = regexp.MustCompile(`pods "[^"]*"`)

// StableFailure is message without the random name of the pod that could not
// be created.
func StableFailure(message string) string {
	return podName.ReplaceAllString(message, "pods")
}

// stableMessage is the API server's reason for err; empty when it gave none.
func stableMessage(err error) string {
	var answer apierrors.APIStatus
	if !errors.As(err, &answer) {
		return ""
	}
	return string(answer.Status().Reason)
}
