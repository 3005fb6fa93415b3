package desired_test

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	appsv1ac "k8s.io/client-go/applyconfigurations/apps/v1"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/controllers/desired"
	"tcp-operator.io/controllers/fault"
	"tcp-operator.io/test/crd"
	"tcp-operator.io/test/kubelet"
	"tcp-operator.io/workload/spec"
)

// settingsText is what the workload finds in its environment: the kubelet has
// expanded the variable's value.
func settingsText(t *testing.T, d *appsv1ac.DeploymentApplyConfiguration) string {
	t.Helper()
	for _, env := range d.Spec.Template.Spec.Containers[0].Env {
		if *env.Name == spec.SettingsEnv {
			return kubelet.Expand(*env.Value, map[string]string{spec.PodNameEnv: "expanded"})
		}
	}
	t.Fatalf("no variable %s", spec.SettingsEnv)
	return ""
}

// settings are what the workload makes of its environment.
func settings[S any](t *testing.T, d *appsv1ac.DeploymentApplyConfiguration, parse func([]byte) (S, error)) S {
	t.Helper()
	s, err := parse([]byte(settingsText(t, d)))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestTextsReachTheWorkloadAsWritten(t *testing.T) {
	for _, text := range []string{
		"$(POD_NAME)", "$$(POD_NAME)", "$", "$$", "a$b", "$(", "costs $5", `"quoted" \ {time}`, "ünïcödé\n\x00", "<&>",
	} {
		cr := server(t, classicServer)
		cr.Spec.Greeting = v1alpha1.Text(text)
		children, err := desired.Server(cr, defaults)
		if err != nil {
			t.Fatal(err)
		}
		if got := settings(t, children.Deployment, spec.ParseServer).Greeting; got != text {
			t.Errorf("greeting is %q, want %q", got, text)
		}
	}
}

// TestTheSchemaAndTheWorkloadAgree tries the bounds of every setting: what
// the schema accepts the workload accepts, and what it refuses the workload
// refuses.
func TestTheSchemaAndTheWorkloadAgree(t *testing.T) {
	for name, c := range map[string]struct {
		schema   crd.Schema
		manifest string
		check    func(content map[string]any) error
	}{
		"server": {serverSchema(), classicServer, func(content map[string]any) error {
			_, err := desired.Server(convert[v1alpha1.TcpServer](t, content), defaults)
			return err
		}},
		"client": {clientSchema(), classicClient, func(content map[string]any) error {
			_, err := desired.Client(convert[v1alpha1.TcpClient](t, content), greeter, defaults)
			return err
		}},
	} {
		t.Run(name, func(t *testing.T) {
			tried := 0
			spec := c.schema.Structural.Properties["spec"]
			for path, values := range attempts("", &spec) {
				for _, value := range values {
					content := decode(t, []byte(c.manifest))
					spec := content["spec"].(map[string]any)
					set(spec, "framing", "Line") // bounds messages least
					if name == "client" {
						set(spec, "reconnect.maxDelay", "99999h") // bounds initialDelay least
					}
					set(spec, path, value)
					refusal, err := c.schema.Refusal(t, content), c.check(content)
					if (refusal == "") != (err == nil) {
						t.Errorf("%s: %.80v: schema says %q, workload says %v", path, value, refusal, err)
					}
					checkNamesField(t, path, err)
					tried++
				}
			}
			if tried < 100 {
				t.Errorf("only %d values were tried", tried)
			}
		})
	}
}

// checkNamesField holds that an error is the user's to mend and says where.
func checkNamesField(t *testing.T, path string, err error) {
	t.Helper()
	if err == nil {
		return
	}
	invalid, ok := errors.AsType[*fault.Invalid](err)
	if !ok || invalid.Reason != v1alpha1.ReasonInvalidSpec || !strings.Contains(err.Error(), "spec."+path+": ") {
		t.Errorf("%s: the error is %T %v, want an InvalidSpec that names spec.%s", path, err, err, path)
	}
}

// attempts returns values at and beyond the bounds of each setting, by path.
// Bounds that are written as rules are found with durations around them.
func attempts(path string, s *structuralschema.Structural) map[string][]any {
	all := map[string][]any{}
	for name, field := range s.Properties {
		at := strings.TrimPrefix(path+"."+name, ".")
		switch {
		case strings.HasPrefix(at, "service") || strings.HasPrefix(at, "pod") || at == "networkPolicy" || at == "replicas" ||
			at == "serverRef" || at == "address" || at == "tls":
			// Not settings of the workload, which is told of files where the API names Secrets.
		case field.Type == "object":
			maps.Copy(all, attempts(at, &field))
		case field.Type == "integer":
			low, high := int64(*field.ValueValidation.Minimum), int64(*field.ValueValidation.Maximum)
			all[at] = []any{low, high, high + 1, int64(math.MaxInt32)}
			if at != "expect.maxOutages" { // -1 is how the workload is told of none
				all[at] = append(all[at], low-1)
			}
		case len(field.ValueValidation.Enum) > 0:
			all[at] = []any{"Other", ""}
			for _, value := range field.ValueValidation.Enum {
				all[at] = append(all[at], value.Object)
			}
		case isDuration(&field):
			all[at] = durations()
		case strings.HasSuffix(strings.ToLower(at), "bindaddress"):
			all[at] = []any{"", "10.0.0.7", "fd00::7", "localhost", "10.0.0.7:80", "[::1]"}
		default:
			longest := int(*field.ValueValidation.MaxLength)
			all[at] = []any{"", strings.Repeat("x", longest), strings.Repeat("\U0001f600", longest), strings.Repeat("\U0001f600", longest+1)}
		}
	}
	return all
}

func isDuration(s *structuralschema.Structural) bool {
	return slices.ContainsFunc(s.XValidations, func(rule apiRule) bool { return strings.Contains(rule.Message, "must be a duration") })
}

func durations() []any {
	return []any{
		"0s", "1ms", "9ms", "10ms", "999ms", "1s", "30s", "1m", "1h", "1h1ms", "32767s", "32767s1ms", "99999h",
		"", "5", "-1s", "1.5s", "1us", "1d", "5 s", "1h1h1h1h1h",
	}
}

// set sets the field at path, whose parts are joined by dots.
func set(object map[string]any, path string, value any) {
	parent, rest, nested := strings.Cut(path, ".")
	if !nested {
		object[path] = value
		return
	}
	child, ok := object[parent].(map[string]any)
	if !ok {
		child = map[string]any{}
		object[parent] = child
	}
	set(child, rest, value)
}

// TestADurationPastAllBounds is where the two disagree: the schema's pattern
// lets more pass than a duration can hold.
func TestADurationPastAllBounds(t *testing.T) {
	for _, tooLong := range []v1alpha1.Duration{"99999h1ms", "99999h99999h99999h99999h"} {
		cr := server(t, classicServer)
		cr.Spec.Limits.IdleTimeout = tooLong
		_, err := desired.Server(cr, defaults)
		checkNamesField(t, "limits.idleTimeout", err)
	}
}

func TestSeveralWrongFieldsAreAllNamedInOneLine(t *testing.T) {
	cr := server(t, classicServer)
	cr.Spec.Backlog, cr.Spec.Framing = -1, "Smoke"
	_, err := desired.Server(cr, defaults)
	checkNamesField(t, "backlog", err)
	checkNamesField(t, "framing", err)
	if strings.Contains(fmt.Sprint(err), "\n") {
		t.Errorf("the message has several lines: %v", err)
	}
}

// TestFieldsOfAnOlderSchema holds that a resource which was stored before its
// fields had defaults ends as an invalid spec, not as a panic.
func TestFieldsOfAnOlderSchema(t *testing.T) {
	_, err := desired.Server(&v1alpha1.TcpServer{}, defaults)
	checkNamesField(t, "reply.delay", err)
	_, err = desired.Client(&v1alpha1.TcpClient{}, greeter, defaults)
	checkNamesField(t, "connect.timeout", err)
}
