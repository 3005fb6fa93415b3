# Two images: docker build --target manager . and docker build --target workload .
# The builder runs on the machine's own platform and cross-compiles.
ARG GO_IMAGE=golang:1.26

FROM --platform=${BUILDPLATFORM} ${GO_IMAGE} AS build
ARG TARGETOS TARGETARCH
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY api/ api/
COPY controllers/ controllers/
COPY topology/ topology/
COPY page/ page/
COPY workload/ workload/
COPY *.go ./
COPY hack/build.sh hack/
ARG VERSION
ENV GOOS=${TARGETOS} GOARCH=${TARGETARCH}
RUN hack/build.sh /out manager workload

# A numeric user: Kubernetes' runAsNonRoot cannot judge a name.
FROM scratch AS workload
COPY --from=build /out/workload /workload
USER 65532:65532
ENTRYPOINT ["/workload"]

FROM scratch AS manager
COPY --from=build /out/manager /manager
USER 65532:65532
ENTRYPOINT ["/manager"]
