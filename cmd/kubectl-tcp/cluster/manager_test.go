package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
)

func TestTheLeaseTellsWhichManagerLeads(t *testing.T) {
	pod := func(name string, phase corev1.PodPhase) corev1.Pod {
		return corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name}, Status: corev1.PodStatus{Phase: phase, PodIP: "10.0.0.7"}}
	}
	ends := pod("ends", corev1.PodRunning)
	ends.DeletionTimestamp = &metav1.Time{}
	*ends.DeletionTimestamp = metav1.Now()
	two := []corev1.Pod{pod("starts", corev1.PodPending), ends, pod("one", corev1.PodRunning), pod("two", corev1.PodRunning)}
	leases := schema.GroupResource{Group: "coordination.k8s.io", Resource: "leases"}
	for name, c := range map[string]struct {
		pods   []corev1.Pod
		holder string
		unread error
		want   string
		doubt  string
	}{
		"the one that leads":     {two, "two_0b6e", nil, "two", ""},
		"nobody runs":            {two[:2], "ends_0b6e", nil, "", ""},
		"the leader ends":        {two, "ends_0b6e", nil, "one", "the manager that leads, ends, is not among those that run"},
		"the lease was released": {two, "", nil, "one", "no manager leads at present"},
		"no lease":               {two, "", apierrors.NewNotFound(leases, leaseName), "one", "there is no lease that says which manager leads"},
		"no right":               {two, "", apierrors.NewForbidden(leases, leaseName, errors.New("no")), "one", "which manager leads could not be read"},
	} {
		lease := coordinationv1.LeaseSpec{HolderIdentity: &c.holder}
		got, doubt := leading(c.pods, lease, c.unread)
		if (got == nil) != (c.want == "") || got != nil && got.Name != c.want {
			t.Errorf("%s: pod %v, want %q", name, got, c.want)
		}
		if !strings.HasPrefix(doubt, c.doubt) || (doubt == "") != (c.doubt == "") {
			t.Errorf("%s: doubt %q, want %q", name, doubt, c.doubt)
		}
	}
	if got, doubt := leading(two, coordinationv1.LeaseSpec{}, nil); got.Name != "one" || doubt == "" {
		t.Errorf("a lease without holder: %s, %q", got.Name, doubt)
	}
}

// TestTheManagerIsGivenATokenForThePageAlone: not the user's own, and made as
// whom --as names.
func TestTheManagerIsGivenATokenForThePageAlone(t *testing.T) {
	var as string
	made, lives := 0, renewBefore // not for longer than that: it is replaced at once
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		as = r.Header.Get("Impersonate-User")
		if !strings.HasSuffix(r.URL.Path, "/namespaces/system/serviceaccounts/viewer/token") {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		made++
		answer(w, authenticationv1.TokenRequest{TypeMeta: metav1.TypeMeta{APIVersion: "authentication.k8s.io/v1", Kind: "TokenRequest"},
			Status: authenticationv1.TokenRequestStatus{Token: fmt.Sprint("for the page ", made), ExpirationTimestamp: metav1.NewTime(time.Now().Add(lives))}})
		lives = tokenLives
	}))
	t.Cleanup(s.Close)
	c, err := New(&rest.Config{Host: s.URL, BearerToken: "own", Impersonate: rest.ImpersonationConfig{UserName: "jane"},
		ContentConfig: rest.ContentConfig{ContentType: "application/json", AcceptContentTypes: "application/json"}})
	if err != nil {
		t.Fatal(err)
	}
	tokens := c.Tokens(t.Context(), "system", "viewer")
	for _, want := range []string{"for the page 1", "for the page 2", "for the page 2"} {
		if token, err := tokens.Token(); err != nil || token.AccessToken != want || as != "jane" {
			t.Fatalf("token %v as %q, %v; want %q", token, as, err, want)
		}
	}
	if _, err := c.Tokens(t.Context(), "system", "other").Token(); err == nil || !strings.Contains(err.Error(), "--own-token") {
		t.Errorf("without the right: %v", err)
	}
}

func TestOwnTokenIsTheConfigurationsOrNone(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("of the file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		config rest.Config
		want   string
		says   string
	}{
		"a token":       {rest.Config{BearerToken: "own"}, "own", ""},
		"a file":        {rest.Config{BearerToken: "old", BearerTokenFile: file}, "of the file", ""},
		"a certificate": {rest.Config{}, "", "holds no token"},
		"as another":    {rest.Config{BearerToken: "own", Impersonate: rest.ImpersonationConfig{UserName: "jane"}}, "", "--as"},
	} {
		got, err := ownToken(&c.config)
		if got != c.want || (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func TestForwardingIsGivenUpWhileItDials(t *testing.T) {
	dialled, release := make(chan struct{}), make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		close(dialled)
		<-release
	}))
	t.Cleanup(s.Close)
	t.Cleanup(func() { close(release) })
	c, err := New(&rest.Config{Host: s.URL})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-dialled
		cancel()
	}()
	pod := corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "system", Name: "manager"}}
	if _, _, err := c.Forward(ctx, &pod, 8443, io.Discard); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
