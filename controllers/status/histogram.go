package status

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"io"
	"math"

	"github.com/HdrHistogram/hdrhistogram-go"

	"tcp-operator.io/api/v1alpha1"
	"tcp-operator.io/workload/snapshot"
)

// digits is the precision of merged round trips, the workload's own.
const digits = 2

// roundTrip merges the histograms of all pods; nil when none has measured one.
func roundTrip(snapshots []snapshot.Snapshot) *v1alpha1.RoundTripStatus {
	var all *hdrhistogram.Histogram
	for _, s := range snapshots {
		if s.RoundTrip == nil || !affordable(s.RoundTrip.Histogram) {
			continue
		}
		one, err := hdrhistogram.Decode([]byte(s.RoundTrip.Histogram))
		if err != nil {
			continue // a pod's garbage costs its own share only
		}
		if all == nil {
			all = hdrhistogram.New(1, math.MaxInt64, digits) // holds every pod's range
		}
		all.Merge(one)
	}
	if all == nil || all.TotalCount() == 0 {
		return nil
	}
	return &v1alpha1.RoundTripStatus{
		P50Microseconds: all.ValueAtQuantile(50),
		P99Microseconds: all.ValueAtQuantile(99),
	}
}

// maxDigits bounds the memory that decoding a histogram takes to 1 MB: it
// grows tenfold with each digit, and the pod may have written any number.
const maxDigits = 3

// affordable tells whether a histogram's header asks for little memory. What
// is wrong otherwise, decoding will find.
func affordable(text string) bool {
	const envelope, header, digitsAt = 8, hdrhistogram.ENCODING_HEADER_SIZE, 12
	encoded, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(encoded) < envelope {
		return false
	}
	inflated, err := zlib.NewReader(bytes.NewReader(encoded[envelope:]))
	if err != nil {
		return false
	}
	var head [header]byte
	if _, err := io.ReadFull(inflated, head[:]); err != nil {
		return false
	}
	return binary.BigEndian.Uint32(head[digitsAt:]) <= maxDigits
}
