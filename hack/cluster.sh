# Functions to build the operator and run it on a cluster; sourced by demo.sh
# and e2e.sh.
#
#   CLUSTER   lab (default): a real one-node cluster made from source;
#             kind: a kind cluster, which needs Docker; current: the current context
#   LAB       name of the lab
#   REGISTRY  with CLUSTER=current: where images are pushed to
#   TAG       of both images; by default it follows the binaries' content
#   UI        1: with the operator's page, 0: without; by default with it,
#             unless the cluster is the current context's

set -euo pipefail

CLUSTER=${CLUSTER:-lab}
LAB=${LAB:-tcp-operator}
KIND=${KIND:-tcp-operator}
REGISTRY=${REGISTRY:-}
NAMESPACE=tcp-operator-system
UI=${UI:-$([ "$CLUSTER" = current ] && echo 0 || echo 1)}

step() { printf '[%4ds] %s\n' "$SECONDS" "$*"; }
die() {
  printf '%s\n' "$*" >&2
  exit 1
}
need() { command -v "$1" >/dev/null || die "$1 is missing: $2"; }

lab() { bin/lab --name "$LAB" "$@"; }

kubectl_() {
  if [ "$CLUSTER" = lab ]; then lab kubectl "$@"; else kubectl "$@"; fi
}

check_cluster() {
  need go "install Go 1.26 or later"
  case $CLUSTER in
  lab)
    [ "$(uname -s)" = Linux ] || die "CLUSTER=lab needs Linux: use CLUSTER=kind or CLUSTER=current"
    [ "$(id -u)" = 0 ] || die "CLUSTER=lab needs root: run it with sudo, or use CLUSTER=kind or CLUSTER=current"
    ;;
  kind)
    need docker "install Docker, or use CLUSTER=lab"
    need kind "install kind, or use CLUSTER=lab"
    need kubectl "install kubectl, or use CLUSTER=lab"
    ;;
  current)
    need docker "install Docker, or use CLUSTER=lab"
    need kubectl "install kubectl, or use CLUSTER=lab"
    [ -n "$REGISTRY" ] || die "CLUSTER=current needs REGISTRY: set it to a registry that you may push to and the cluster may pull from"
    ;;
  *) die "CLUSTER=$CLUSTER is not known: write lab, kind or current" ;;
  esac
}

build() {
  step "compiling the operator and the workload (the first time takes some minutes)"
  hack/build.sh
  REGISTRY=${REGISTRY:-tcp-operator}
  TAG=${TAG:-dev-$(cat bin/manager bin/workload | sha256sum | cut -c1-12)}
}

cluster_up() {
  case $CLUSTER in
  lab)
    step "bringing the lab up"
    go build -C lab -o ../bin/lab .
    lab up
    ;;
  kind)
    step "bringing kind up"
    kind get clusters | grep -qx "$KIND" || kind create cluster --name "$KIND"
    kubectl config use-context "kind-$KIND" >/dev/null
    ;;
  esac
}

load_images() {
  step "loading images with tag $TAG"
  local name
  for name in manager workload; do
    case $CLUSTER in
    lab) lab load --as "docker.io/$REGISTRY/$name:$TAG" --entrypoint "/$name" --binary "bin/$name" ;;
    kind)
      docker build --quiet --target "$name" --tag "$REGISTRY/$name:$TAG" . >/dev/null
      kind load docker-image --name "$KIND" "$REGISTRY/$name:$TAG"
      ;;
    current)
      docker build --quiet --target "$name" --tag "$REGISTRY/$name:$TAG" . >/dev/null
      docker push --quiet "$REGISTRY/$name:$TAG"
      ;;
    esac
  done
}

# render prints config/default with our registry and tag, and the page if it is
# wanted.
render() {
  local copy
  copy=$(mktemp -d)
  cp -r config "$copy"
  sed -E "s|^(  registry:).*|\1 $REGISTRY|; s|^(  tag:).*|\1 $TAG|" config/manager/images.yaml >"$copy/config/manager/images.yaml"
  {
    echo "resources: [config/default]"
    [ "$UI" = 0 ] || echo "components: [config/ui]"
  } >"$copy/kustomization.yaml"
  kubectl_ kustomize "$copy"
  rm -r "$copy"
}

deploy() {
  step "deploying the operator"
  render | kubectl_ apply --server-side -f - >/dev/null
  kubectl_ wait --for=condition=Established crd/tcpservers.tcp-operator.io crd/tcpclients.tcp-operator.io --timeout=60s >/dev/null
  kubectl_ -n "$NAMESPACE" rollout status deployment/tcp-operator-manager --timeout=180s >/dev/null
}
