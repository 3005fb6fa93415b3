package controllers

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/test/apiserver"
)

// effect is a change of one field and what it brings about in the children.
type effect struct {
	patch string // of the spec
	want  string // stands in the children afterwards, and did not before
}

// shared are the fields that both kinds have.
var shared = map[string]effect{
	"framing":                       {`{"framing":"Line"}`, `\"framing\":\"Line\"`},
	"greeting":                      {`{"greeting":"hi"}`, `\"greeting\":\"hi\"`},
	"reply.delay":                   {`{"reply":{"delay":"7s"}}`, `\"delay\":\"7s\"`},
	"reply.text":                    {`{"reply":{"text":"yes"}}`, `\"text\":\"yes\"`},
	"reply.exceptionText":           {`{"reply":{"exceptionText":"no"}}`, `\"exceptionText\":\"no\"`},
	"limits.messageBytes":           {`{"limits":{"messageBytes":77}}`, `\"messageBytes\":77`},
	"limits.pendingReplies":         {`{"limits":{"pendingReplies":7}}`, `\"pendingReplies\":7`},
	"limits.idleTimeout":            {`{"limits":{"idleTimeout":"7s"}}`, `\"idleTimeout\":\"7s\"`},
	"limits.messageTimeout":         {`{"limits":{"messageTimeout":"7s"}}`, `\"messageTimeout\":\"7s\"`},
	"limits.writeTimeout":           {`{"limits":{"writeTimeout":"7s"}}`, `\"writeTimeout\":\"7s\"`},
	"tcp.nagle":                     {`{"tcp":{"nagle":"Enabled"}}`, `\"nagle\":\"Enabled\"`},
	"tcp.userTimeout":               {`{"tcp":{"userTimeout":"7s"}}`, `\"userTimeout\":\"7s\"`},
	"tcp.keepAlive.mode":            {`{"tcp":{"keepAlive":{"mode":"Enabled"}}}`, `\"mode\":\"Enabled\"`},
	"tcp.keepAlive.idle":            {`{"tcp":{"keepAlive":{"idle":"7s"}}}`, `\"idle\":\"7s\"`},
	"tcp.keepAlive.interval":        {`{"tcp":{"keepAlive":{"interval":"7s"}}}`, `\"interval\":\"7s\"`},
	"tcp.keepAlive.count":           {`{"tcp":{"keepAlive":{"count":7}}}`, `\"count\":7`},
	"replicas":                      {`{"replicas":3}`, `"replicas":3`},
	"networkPolicy.mode":            {`{"networkPolicy":{"mode":"Restrict"}}`, `"policyTypes":`},
	"networkPolicy.adminFrom":       {`{"networkPolicy":{"mode":"Restrict","adminFrom":[{"ipBlock":{"cidr":"10.9.0.0/16"}}]}}`, `"cidr":"10.9.0.0/16"`},
	"pod.resources":                 {`{"pod":{"resources":{"limits":{"memory":"99Mi"}}}}`, `"memory":"99Mi"`},
	"pod.nodeSelector":              {`{"pod":{"nodeSelector":{"disk":"ssd"}}}`, `"nodeSelector":{"disk":"ssd"}`},
	"pod.tolerations":               {`{"pod":{"tolerations":[{"key":"spot","operator":"Exists"}]}}`, `"key":"spot"`},
	"pod.affinity":                  {`{"pod":{"affinity":{"podAntiAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[{"topologyKey":"rack"}]}}}}`, `"topologyKey":"rack"`},
	"pod.topologySpreadConstraints": {`{"pod":{"topologySpreadConstraints":[{"maxSkew":1,"topologyKey":"zone","whenUnsatisfiable":"DoNotSchedule"}]}}`, `"topologyKey":"zone"`},
	"pod.labels":                    {`{"pod":{"labels":{"team":"red"}}}`, `"team":"red"`},
	"pod.annotations":               {`{"pod":{"annotations":{"note":"blue"}}}`, `"note":"blue"`},
	"pod.priorityClassName":         {`{"pod":{"priorityClassName":"high"}}`, `"priorityClassName":"high"`},
	"pod.imagePullSecrets.name":     {`{"pod":{"imagePullSecrets":[{"name":"pull"}]}}`, `"imagePullSecrets":[{"name":"pull"}]`},
	"pod.serviceAccountName":        {`{"pod":{"serviceAccountName":"robot"}}`, `"serviceAccountName":"robot"`},
}

var serverFields = map[string]effect{
	"port":                          {`{"port":7000}`, `"containerPort":7000`},
	"bindAddress":                   {`{"bindAddress":"10.0.0.7"}`, `\"bindAddress\":\"10.0.0.7\"`},
	"backlog":                       {`{"backlog":77}`, `\"backlog\":77`},
	"limits.sessions":               {`{"limits":{"sessions":77}}`, `\"sessions\":77`},
	"networkPolicy.from":            {`{"networkPolicy":{"mode":"Restrict","from":[{"ipBlock":{"cidr":"10.8.0.0/16"}}]}}`, `"cidr":"10.8.0.0/16"`},
	"tls.secretName":                {`{"tls":{"secretName":"pair"}}`, `"mountPath":"/etc/tcp-workload/certificate"`},
	"tls.clientCASecretName":        {`{"tls":{"secretName":"pair","clientCASecretName":"roots"}}`, `"mountPath":"/etc/tcp-workload/ca"`},
	"service.type":                  {`{"service":{"type":"NodePort"}}`, `"type":"NodePort"`},
	"service.port":                  {`{"service":{"port":7001}}`, `"port":7001`},
	"service.nodePort":              {`{"service":{"type":"NodePort","nodePort":30777}}`, `"nodePort":30777`},
	"service.annotations":           {`{"service":{"annotations":{"lb":"internal"}}}`, `"lb":"internal"`},
	"service.labels":                {`{"service":{"labels":{"tier":"edge"}}}`, `"tier":"edge"`},
	"service.externalTrafficPolicy": {`{"service":{"type":"NodePort","externalTrafficPolicy":"Local"}}`, `"externalTrafficPolicy":"Local"`},
	"service.internalTrafficPolicy": {`{"service":{"internalTrafficPolicy":"Local"}}`, `"internalTrafficPolicy":"Local"`},
	"service.sessionAffinity":       {`{"service":{"sessionAffinity":"ClientIP"}}`, `"sessionAffinity":"ClientIP"`},
	"service.ipFamilyPolicy":        {`{"service":{"ipFamilyPolicy":"PreferDualStack"}}`, `"ipFamilyPolicy":"PreferDualStack"`},
	// The only family of the test's API server, and so its default: what is
	// held is that asking for it is accepted.
	"service.ipFamilies":        {`{"service":{"ipFamilies":["IPv4"]}}`, ``},
	"service.loadBalancerClass": {`{"service":{"type":"LoadBalancer","loadBalancerClass":"example.com/lb"}}`, `"loadBalancerClass":"example.com/lb"`},
}

var clientFields = map[string]effect{
	"address.host":              {`{"address":{"host":"db.example.com"}}`, `\"host\":\"db.example.com\"`},
	"address.port":              {`{"address":{"port":7002}}`, `\"port\":7002`},
	"tls.caSecretName":          {`{"tls":{"caSecretName":"roots"}}`, `"mountPath":"/etc/tcp-workload/ca"`},
	"tls.serverName":            {`{"tls":{"caSecretName":"roots","serverName":"db.internal"}}`, `\"serverName\":\"db.internal\"`},
	"tls.certificateSecretName": {`{"tls":{"caSecretName":"roots","certificateSecretName":"mine"}}`, `"mountPath":"/etc/tcp-workload/certificate"`},
	"serverRef.name":            {`{"address":null,"serverRef":{"name":"target"}}`, `\"host\":\"target.`},
	"sessions":                  {`{"sessions":7}`, `\"sessions\":7`},
	"connect.timeout":           {`{"connect":{"timeout":"7s"}}`, `\"timeout\":\"7s\"`},
	"connect.bindAddress":       {`{"connect":{"bindAddress":"10.0.0.8"}}`, `\"bindAddress\":\"10.0.0.8\"`},
	"reconnect.initialDelay":    {`{"reconnect":{"initialDelay":"7s"}}`, `\"initialDelay\":\"7s\"`},
	"reconnect.maxDelay":        {`{"reconnect":{"maxDelay":"77s"}}`, `\"maxDelay\":\"1m17s\"`},
	"expect.connect":            {`{"expect":{"connect":"Blocked"}}`, `\"connect\":\"Blocked\"`},
	"expect.maxOutages":         {`{"expect":{"maxOutages":7}}`, `\"maxOutages\":7`},
	"expect.window":             {`{"expect":{"window":"7m"}}`, `\"window\":\"7m\"`},
	"expect.recoverWithin":      {`{"expect":{"recoverWithin":"7s"}}`, `\"recoverWithin\":\"7s\"`},
	"reconnect.jitterPercent":   {`{"reconnect":{"jitterPercent":7}}`, `\"jitterPercent\":7`},
}

// TestEveryFieldTakesEffect changes every field of both kinds on a resource
// whose pods run, and looks for the effect in the children. A field that is
// not in the tables fails.
func TestEveryFieldTakesEffect(t *testing.T) {
	for kind, own := range map[string]map[string]effect{"tcpservers": serverFields, "tcpclients": clientFields} {
		table := maps.Clone(own)
		maps.Copy(table, shared)
		for _, field := range specFields(t, kind) {
			if _, ok := table[field]; !ok {
				t.Errorf("%s: spec.%s is not in the table", kind, field)
			}
		}
		for field, e := range table {
			t.Run(kind+"/"+field, func(t *testing.T) { checkEffect(t, kind, e) })
		}
	}
}

func checkEffect(t *testing.T, kind string, e effect) {
	w := newWorld(t)
	var cr client.Object = &v1alpha1.TcpServer{}
	reconcile := func() { w.reconcileServer("it") }
	if kind == "tcpclients" {
		w.readyServer("target")
		cr = &v1alpha1.TcpClient{Spec: v1alpha1.TcpClientSpec{Address: &v1alpha1.Address{Host: "old.example.com", Port: 1}}}
		reconcile = func() { w.reconcileClient("it") }
	}
	cr.SetName("it")
	w.create(cr)
	reconcile()
	before := w.childrenOf("it")
	patch := client.RawPatch(types.MergePatchType, []byte(`{"spec":`+e.patch+`}`))
	if err := w.client.Patch(t.Context(), cr, patch); err != nil {
		t.Fatal(err)
	}
	reconcile()
	after := w.childrenOf("it")
	if !strings.Contains(after, e.want) {
		t.Errorf("%s has no effect: the children lack %s\n%s", e.patch, e.want, after)
	}
	if e.want != "" && strings.Contains(before, e.want) {
		t.Errorf("%s stood in the children before: the test shows nothing", e.want)
	}
}

// childrenOf is the JSON of everything made for the named resource.
func (w *world) childrenOf(name string) string {
	w.t.Helper()
	var all strings.Builder
	for _, child := range []client.Object{&appsv1.Deployment{}, &corev1.Service{}, &networkingv1.NetworkPolicy{}, &policyv1.PodDisruptionBudget{}} {
		if !w.exists(name, child) {
			continue
		}
		child.SetManagedFields(nil)
		text, err := json.Marshal(child)
		if err != nil {
			w.t.Fatal(err)
		}
		all.Write(text)
	}
	return all.String()
}

// opaque are fields whose inside is Kubernetes' own.
var opaque = []string{"pod.resources", "pod.tolerations", "pod.affinity", "pod.topologySpreadConstraints",
	"networkPolicy.from", "networkPolicy.adminFrom"}

// specFields are the paths of all leaves below spec in a CRD.
func specFields(t *testing.T, plural string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(apiserver.Root(), "config", "crd", "bases", "tcp-operator.io_"+plural+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var crd apiextensionsv1.CustomResourceDefinition
	if err := yaml.UnmarshalStrict(text, &crd); err != nil {
		t.Fatal(err)
	}
	var all []string
	var walk func(path string, schema apiextensionsv1.JSONSchemaProps)
	walk = func(path string, schema apiextensionsv1.JSONSchemaProps) {
		if schema.Items != nil && !slices.Contains(opaque, path) {
			schema = *schema.Items.Schema
		}
		if len(schema.Properties) == 0 || slices.Contains(opaque, path) {
			all = append(all, path)
			return
		}
		for name, property := range schema.Properties {
			walk(strings.TrimPrefix(path+"."+name, "."), property)
		}
	}
	walk("", crd.Spec.Versions[0].Schema.OpenAPIV3Schema.Properties["spec"])
	slices.Sort(all)
	return all
}
