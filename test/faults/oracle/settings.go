package oracle

import (
	"encoding/json"
	"fmt"
	"time"

	appsv1 "k8s.io/api/apps/v1"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/test/kubelet"
)

// settings are what the workload is told, as far as users change it. They are
// read as any program would read them that knows the documented names only.
type settings struct {
	Port    int32  `json:"port"`
	Framing string `json:"framing"`
	Reply   struct {
		Delay string `json:"delay"`
		Text  string `json:"text"`
	} `json:"reply"`
	Address struct {
		Host string `json:"host"`
		Port int32  `json:"port"`
	} `json:"address"`
	Sessions int32 `json:"sessions"`
}

// settingsOf reads the settings of a Deployment's pods.
func settingsOf(f *findings, d *appsv1.Deployment) settings {
	var s settings
	for _, container := range d.Spec.Template.Spec.Containers {
		for _, e := range container.Env {
			if e.Name != "TCP_WORKLOAD_SETTINGS" {
				continue
			}
			if err := json.Unmarshal([]byte(kubelet.Expand(e.Value, nil)), &s); err != nil {
				f.add(d, "its settings cannot be read: %v", err)
			}
			return s
		}
	}
	f.add(d, "has no settings")
	return s
}

func serverSettings(f *findings, d *appsv1.Deployment, want v1alpha1.TcpServerSpec) {
	got := settingsOf(f, d)
	equal(f, d, "the setting port", got.Port, want.Port)
	equal(f, d, "the setting framing", got.Framing, string(want.Framing))
	reply(f, d, got, want.Reply.Delay, want.Reply.Text)
}

func clientSettings(f *findings, d *appsv1.Deployment, want v1alpha1.TcpClientSpec, to target) {
	got := settingsOf(f, d)
	equal(f, d, "the setting address", fmt.Sprintf("%s:%d", got.Address.Host, got.Address.Port), to.address)
	equal(f, d, "the setting sessions", got.Sessions, want.Sessions)
	equal(f, d, "the setting framing", got.Framing, string(want.Framing))
	reply(f, d, got, want.Reply.Delay, want.Reply.Text)
}

// reply also holds that a pod lives on until the replies that it has promised
// are out.
func reply(f *findings, d *appsv1.Deployment, got settings, delay v1alpha1.Duration, text *v1alpha1.Text) {
	is, err := time.ParseDuration(got.Reply.Delay)
	want, wantErr := time.ParseDuration(string(delay))
	if err != nil || wantErr != nil {
		f.add(d, "a delay cannot be read: %v, %v", err, wantErr)
	}
	equal(f, d, "the setting reply.delay", is, want)
	equal(f, d, "the setting reply.text", got.Reply.Text, string(*text))
	grace := time.Duration(*d.Spec.Template.Spec.TerminationGracePeriodSeconds) * time.Second
	equal(f, d, "the grace period being longer than the delay", grace > want, true)
}
