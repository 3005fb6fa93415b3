package stats

import (
	"testing"

	"tcp-operator.io/workload/snapshot"
)

func TestASessionThatEndsWhileOthersAreAskedCountsOnce(t *testing.T) {
	var (
		tcp  = newTCP()
		info = &snapshot.TCPInfo{RetransmittedSegments: 5}
	)
	first := tcp.Summary(func() []*snapshot.TCPInfo {
		tcp.Ended(info)
		return []*snapshot.TCPInfo{info, nil}
	})
	then := tcp.Summary(func() []*snapshot.TCPInfo { return nil })
	if first.RetransmittedSegments != 5 || first.SampledSessions != 1 || then.RetransmittedSegments != 5 {
		t.Errorf("got %+v, then %+v; want 5 segments", *first, *then)
	}
}

func TestTheSumNeverDecreases(t *testing.T) {
	tcp := newTCP()
	info := &snapshot.TCPInfo{RetransmittedSegments: 5}
	tcp.Summary(func() []*snapshot.TCPInfo { return []*snapshot.TCPInfo{info} })
	missed := tcp.Summary(func() []*snapshot.TCPInfo { return nil }) // it ended after the ended were summed up
	if missed.RetransmittedSegments != 5 {
		t.Errorf("got %+v", *missed)
	}
}
