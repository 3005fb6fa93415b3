package status

import (
	"errors"
	"regexp"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// podName matches a quoted pod name in a message of the API server, which
// calls it by resource or by kind. It is random, and a message must not change
// while the state does not.
var podName = regexp.MustCompile(`\b(pods|Pod) "[^"]*"`)

// StableFailure is message without the random name of the pod that could not
// be created.
func StableFailure(message string) string {
	return podName.ReplaceAllString(message, "$1")
}

// stableMessage is the API server's reason for err; empty when it gave none.
func stableMessage(err error) string {
	var answer apierrors.APIStatus
	if !errors.As(err, &answer) {
		return ""
	}
	return string(answer.Status().Reason)
}

// cut is message in at most limit bytes, without half a character at its end:
// that would come back from the API server as another message.
func cut(message string, limit int) string {
	return strings.ToValidUTF8(message[:min(len(message), limit)], "")
}
