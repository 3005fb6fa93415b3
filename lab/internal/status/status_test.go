package status

import "testing"

func TestHealthy(t *testing.T) {
	for name, c := range map[string]struct {
		report Report
		want   bool
	}{
		"started":               {Report{Ready: true, Components: []Component{{Name: "a"}}, Checks: []Check{{Name: "b"}}}, true},
		"starting":              {Report{}, false},
		"failed":                {Report{Ready: true, Failure: &Failure{}}, false},
		"a component has ended": {Report{Ready: true, Components: []Component{{Name: "a", Exit: "exit code 1"}}}, false},
		"a check fails":         {Report{Ready: true, Checks: []Check{{Name: "b", Error: "no"}}}, false},
	} {
		if got := c.report.Healthy(); got != c.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}
