#!/usr/bin/env bash
# Runs the main job on a real cluster: a TcpServer and a TcpClient that talk.
# `demo.sh down` removes everything again.
cd "$(dirname "$0")/.."
. hack/cluster.sh

down() {
  case $CLUSTER in
  lab)
    [ "$(id -u)" = 0 ] || die "CLUSTER=lab needs root: run it with sudo"
    go build -C lab -o ../bin/lab .
    lab down
    ;;
  kind) kind delete cluster --name "$KIND" ;;
  current)
    kubectl_ delete -k config/samples --ignore-not-found
    kubectl_ delete -k config/default --ignore-not-found
    kubectl_ delete -f config/ui/viewer.yaml -f config/ui/events.yaml --ignore-not-found
    ;;
  esac
}

# conversation waits until the server has received a reply of the client, and
# prints what both sides logged.
conversation() {
  local i
  for i in $(seq 60); do
    if kubectl_ logs deployment/greeter | grep -q 'Received msg .response from the client'; then break; fi
    [ "$i" -lt 60 ] || die "the server has received no reply within a minute: see kubectl logs deployment/greeter"
    sleep 1
  done
  local name
  for name in greeter caller; do
    printf '\n$ kubectl logs deployment/%s\n' "$name"
    kubectl_ logs "deployment/$name" --tail=6
  done
}

show() {
  printf '\n$ kubectl %s\n' "$*"
  kubectl_ "$@"
}

# tcp runs the plugin on the cluster.
tcp() {
  printf '\n$ kubectl tcp %s\n' "$*"
  if [ "$CLUSTER" = lab ]; then
    KUBECONFIG=$(lab kubeconfig) bin/kubectl-tcp "$@"
  else
    bin/kubectl-tcp "$@"
  fi
}

how_to_go_on() {
  local kubectl=kubectl plugin=bin/kubectl-tcp
  if [ "$CLUSTER" = lab ]; then
    local lab="bin/lab"
    [ "$LAB" = tcp-operator ] || lab="bin/lab --name $LAB"
    kubectl="$lab kubectl"
    plugin="KUBECONFIG=\$($lab kubeconfig) bin/kubectl-tcp"
  fi
  printf '\nBoth are ready and talking.'
  [ "$UI" = 0 ] || printf ' See them in a browser:\n  %s ui\n' "$plugin"
  cat <<TEXT

Go on with
  $kubectl get tcp -w                        # what changes, as it changes
  $kubectl describe tcpclient caller         # conditions, outages, events
  $plugin status caller # the same with pods and sessions
  $kubectl delete pod -l tcp-operator.io/name=greeter   # the client notices, and comes back
  $kubectl explain tcpserver.spec            # every field
  make demo-down                             # leaves nothing behind
TEXT
}

up() {
  check_cluster
  build
  cluster_up
  load_images
  deploy
  step "applying config/samples"
  kubectl_ apply -k config/samples >/dev/null
  step "waiting until server and client are ready"
  kubectl_ wait --for=condition=Ready tcpserver/greeter tcpclient/caller --timeout=120s >/dev/null ||
    die "not ready within two minutes: see kubectl describe tcp"
  step "ready; waiting for the conversation"
  conversation
  show get tcpservers,tcpclients
  show get deployments,services,pods -l app.kubernetes.io/managed-by=tcp-operator
  tcp topology
  tcp sessions caller
  how_to_go_on
}

case ${1:-up} in
up) up ;;
down) down ;;
*) die "usage: demo.sh [up|down]" ;;
esac
