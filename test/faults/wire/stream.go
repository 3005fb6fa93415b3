package wire

import (
	"bufio"
	"errors"
	"io"
	"sync"
	"time"
)

// stream is the body of a watch, frame by frame.
type stream struct {
	wire     *Wire
	resource string
	record   *record
	from     io.ReadCloser
	listing  bool // what was there before the watch is still being sent

	frames chan Frame // what has come; closed at the end, for the reason err
	err    error

	text  []byte // of frames that are being read
	ended bool   // nothing comes after text

	cut    <-chan struct{}
	closed chan struct{}
	once   sync.Once
	end    func() // called when the client has closed it
}

// pump reads frames until there are no more. It is on its own because a read
// that waits for the API server hears nothing else.
func (s *stream) pump() {
	defer close(s.frames)
	lines := bufio.NewReader(s.from)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			s.err = err
			return
		}
		frame, err := parse(line)
		if err != nil {
			s.err = err
			return
		}
		select {
		case s.frames <- frame:
		case <-s.closed:
			s.err = io.ErrClosedPipe
			return
		}
	}
}

// Read implements io.Reader.
func (s *stream) Read(p []byte) (int, error) {
	for len(s.text) == 0 {
		if s.ended {
			return 0, io.EOF
		}
		frame, err := s.receive(nil)
		if err != nil {
			return 0, err
		}
		if err := s.judge(frame); err != nil {
			return 0, err
		}
	}
	n := copy(p, s.text)
	s.text = s.text[n:]
	return n, nil
}

// Close implements io.Closer.
func (s *stream) Close() error {
	s.once.Do(func() {
		close(s.closed)
		s.end()
	})
	return s.from.Close()
}

var errEnough = errors.New("waited long enough")

// receive waits for a frame, and no longer than until enough.
func (s *stream) receive(enough <-chan time.Time) (Frame, error) {
	select {
	case frame, ok := <-s.frames:
		if !ok {
			return Frame{}, s.err
		}
		s.number(&frame)
		return frame, s.record.add(frame)
	case <-enough:
		return Frame{}, errEnough
	case <-s.cut:
		return Frame{}, io.ErrUnexpectedEOF
	case <-s.closed:
		return Frame{}, io.ErrClosedPipe
	}
}

// number gives a frame its resource, and its index if it has one.
func (s *stream) number(f *Frame) {
	f.Resource = s.resource
	switch {
	case s.listing:
		s.listing = !f.endsListing()
	case f.changes():
		f.Index = s.wire.next(s.resource)
	}
}

// judge does with a frame what should become of it.
func (s *stream) judge(f Frame) error {
	fate := Deliver
	if f.Index >= 0 && s.wire.Judge != nil {
		fate = s.wire.Judge(f)
	}
	switch fate {
	case Lose:
	case Drop:
		s.ended = true
	case Relist:
		s.text, s.ended = expired, true
	case Coalesce:
		return s.coalesce(f)
	case Freeze:
		s.wire.freeze(s.resource)
		return s.deliver(f)
	case Deliver:
		return s.deliver(f)
	}
	return nil
}

// deliver passes a frame on when neither the resource is frozen nor the
// operator held.
func (s *stream) deliver(f Frame) error {
	for _, ready := range []<-chan struct{}{s.wire.thawed(s.resource), s.wire.flowing()} {
		select {
		case <-ready:
		case <-s.cut:
			return io.ErrUnexpectedEOF
		case <-s.closed:
			return io.ErrClosedPipe
		}
	}
	s.text = append(s.text, f.line...)
	return nil
}

// coalesce collects frames from first on, and passes on the latest of each
// object.
func (s *stream) coalesce(first Frame) error {
	enough := time.NewTimer(s.wire.Patience)
	defer enough.Stop()
	frames := []Frame{first}
	for {
		frame, err := s.receive(enough.C)
		if err == errEnough {
			break
		}
		if err != nil {
			return err
		}
		frames = append(frames, frame)
	}
	for _, f := range latest(frames) {
		s.text = append(s.text, f.line...)
	}
	return nil
}
