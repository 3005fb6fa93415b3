// Package monitoring holds the alerts, the dashboards and the configuration of
// kube-state-metrics to the metrics that there are. It is a module of its own,
// so that Prometheus's parser stays out of the operator's.
package monitoring

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	"sigs.k8s.io/yaml"
)

// root is the top of the source tree.
var root = filepath.Join("..", "..")

// decode reads a YAML or JSON file of the source tree.
func decode(t *testing.T, into any, path ...string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(append([]string{root}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, into); err != nil {
		t.Fatalf("%s: %v", filepath.Join(path...), err)
	}
}

// An expression, and where it is written.
type expression struct{ text, where string }

// expressions of the alerts and of every dashboard.
func expressions(t *testing.T) []expression {
	t.Helper()
	all := alertExpressions(t)
	files, err := filepath.Glob(filepath.Join(root, "config", "grafana", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("dashboards: %d, %v", len(files), err)
	}
	for _, file := range files {
		all = append(all, panelExpressions(t, filepath.Base(file))...)
	}
	return all
}

// An alert of the rule file.
type alert struct {
	Alert       string            `json:"alert"`
	Expr        string            `json:"expr"`
	For         string            `json:"for"`
	Annotations map[string]string `json:"annotations"`
}

func alerts(t *testing.T) []alert {
	t.Helper()
	var rule struct {
		Spec struct {
			Groups []struct {
				Rules []alert `json:"rules"`
			} `json:"groups"`
		} `json:"spec"`
	}
	decode(t, &rule, "config", "prometheus", "alerts.yaml")
	var all []alert
	for _, group := range rule.Spec.Groups {
		all = append(all, group.Rules...)
	}
	if len(all) == 0 {
		t.Fatal("there are no alerts")
	}
	return all
}

func alertExpressions(t *testing.T) []expression {
	t.Helper()
	var all []expression
	for _, a := range alerts(t) {
		all = append(all, expression{a.Expr, "alert " + a.Alert})
	}
	return all
}

// label_values(metric{...}, label), by which a dashboard's variable is filled.
var labelValues = regexp.MustCompile(`^label_values\((.*), \w+\)$`)

func panelExpressions(t *testing.T, file string) []expression {
	t.Helper()
	var dashboard struct {
		Panels []struct {
			Title   string `json:"title"`
			Targets []struct {
				Expr string `json:"expr"`
			} `json:"targets"`
		} `json:"panels"`
		Templating struct {
			List []struct {
				Name  string          `json:"name"`
				Query json.RawMessage `json:"query"`
			} `json:"list"`
		} `json:"templating"`
	}
	decode(t, &dashboard, "config", "grafana", file)
	var all []expression
	for _, panel := range dashboard.Panels {
		for _, target := range panel.Targets {
			all = append(all, expression{target.Expr, file + ", panel " + panel.Title})
		}
	}
	for _, variable := range dashboard.Templating.List {
		var query struct {
			Query string `json:"query"`
		}
		if json.Unmarshal(variable.Query, &query) != nil {
			continue // the data source, which is a mere word
		}
		found := labelValues.FindStringSubmatch(query.Query)
		if found == nil {
			t.Errorf("%s, variable %s: %q", file, variable.Name, query.Query)
			continue
		}
		all = append(all, expression{found[1], file + ", variable " + variable.Name})
	}
	return all
}

// dashboardVariables are put in by Grafana before Prometheus sees them.
var dashboardVariables = strings.NewReplacer("$__rate_interval", "5m")

// selected returns the metrics that an expression reads, each with the values
// that it demands of labels.
func selected(t *testing.T, e expression) map[string][]*labels.Matcher {
	t.Helper()
	tree, err := promQL.ParseExpr(dashboardVariables.Replace(e.text))
	if err != nil {
		t.Errorf("%s: %v", e.where, err)
		return nil
	}
	found := map[string][]*labels.Matcher{}
	parser.Inspect(tree, func(node parser.Node, _ []parser.Node) error {
		if s, ok := node.(*parser.VectorSelector); ok {
			for _, name := range metricNames(s) {
				found[name] = s.LabelMatchers
			}
		}
		return nil
	})
	return found
}

// metricNames of a selector: its own, or those of {__name__=~"a|b"}.
func metricNames(s *parser.VectorSelector) []string {
	if s.Name != "" {
		return []string{s.Name}
	}
	for _, m := range s.LabelMatchers {
		if m.Name == labels.MetricName {
			return strings.Split(m.Value, "|")
		}
	}
	return nil
}

func TestEveryMetricThatIsReadExists(t *testing.T) {
	known := knownMetrics(t)
	read := map[string]bool{}
	for _, e := range expressions(t) {
		for name, matchers := range selected(t, e) {
			read[name] = true
			if !slices.Contains(known, name) {
				t.Errorf("%s reads %q, which nothing serves", e.where, name)
			}
			checkReasons(t, e, name, matchers)
		}
	}
	if len(read) < 20 {
		t.Errorf("only %d metrics are read: %q", len(read), slices.Sorted(maps.Keys(read)))
	}
}

// checkReasons holds that a close reason an expression asks for exists.
func checkReasons(t *testing.T, e expression, metric string, matchers []*labels.Matcher) {
	t.Helper()
	for _, m := range matchers {
		series := metric + "{" + m.Name + "=" + m.Value + "}"
		if m.Name == "reason" && m.Type == labels.MatchEqual && !slices.Contains(workloadSeries(t), series) {
			t.Errorf("%s asks for %s, which nothing serves", e.where, series)
		}
	}
}

func TestEveryAlertHasARunbook(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "docs", "alerts.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range alerts(t) {
		if want := "docs/alerts.md#" + strings.ToLower(a.Alert); a.Annotations["runbook_url"] != want {
			t.Errorf("%s: runbook_url %q, want %q", a.Alert, a.Annotations["runbook_url"], want)
		}
		if !strings.Contains(string(text), "\n## "+a.Alert+"\n") {
			t.Errorf("docs/alerts.md has no section %s", a.Alert)
		}
		if a.Annotations["summary"] == "" || a.Annotations["description"] == "" {
			t.Errorf("%s does not say what it means", a.Alert)
		}
	}
}
