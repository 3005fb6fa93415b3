package stats

import (
	"testing"
	"time"
	"unsafe"

	"tcp-operator.io/workload/snapshot"
)

func TestTrafficOfAllSessionsIsAddedUp(t *testing.T) {
	set, now := New(), time.Unix(1000, 0)
	const sessions = 100 // more than there are processors, or as many on each
	for number := range uint64(sessions) {
		traffic := set.Traffic(number)
		traffic.Received(3)
		traffic.Message(number%2 == 0, now.Add(time.Duration(number)))
		traffic.Sent(2, 5)
	}
	var got snapshot.Snapshot
	set.Count(&got)
	if want := (snapshot.Messages{Received: sessions, Sent: 2 * sessions, Exceptions: sessions / 2}); got.Messages != want {
		t.Errorf("messages: %+v, want %+v", got.Messages, want)
	}
	if want := (snapshot.Bytes{Received: 3 * sessions, Sent: 5 * sessions}); got.Bytes != want {
		t.Errorf("bytes: %+v, want %+v", got.Bytes, want)
	}
	if want := now.Add(sessions - 1); got.LastMessageTime == nil || !got.LastMessageTime.Equal(want) {
		t.Errorf("last message: %v, want %v", got.LastMessageTime, want)
	}
	if size := unsafe.Sizeof(Traffic{}); size != 128 {
		t.Errorf("%d bytes, which share a line with the next", size)
	}
}
