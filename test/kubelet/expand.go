// Package kubelet says what a kubelet makes of a pod before its programs see
// it.
package kubelet

import "strings"

// Expand returns the value that a container finds in an environment variable
// whose value in the pod is s, where vars are those that are defined before
// it. The rule is that of EnvVar.Value in the API's reference: $(NAME) becomes
// the variable's value, and stays as it is where there is no such variable;
// $$ becomes $; everything else stays.
func Expand(s string, vars map[string]string) string {
	var out strings.Builder
	for {
		before, after, found := strings.Cut(s, "$")
		out.WriteString(before)
		if !found {
			return out.String()
		}
		switch name, rest, closed := strings.Cut(after, ")"); {
		case strings.HasPrefix(after, "$"):
			out.WriteByte('$')
			s = after[1:]
		case strings.HasPrefix(after, "(") && closed:
			out.WriteString(reference(name[1:], vars))
			s = rest
		default:
			out.WriteByte('$')
			s = after
		}
	}
}

func reference(name string, vars map[string]string) string {
	if value, ok := vars[name]; ok {
		return value
	}
	return "$(" + name + ")"
}
