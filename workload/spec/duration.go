package spec

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"time"
)

// Duration is a non-negative time.Duration that reads and writes as text in
// the form of Gateway API's GEP-2257: up to four numbers of at most five
// digits, each with the unit h, m, s or ms.
type Duration time.Duration

// The pattern of GEP-2257.
var durationPattern = regexp.MustCompile(`^([0-9]{1,5}(h|m|s|ms)){1,4}$`)

// maxDuration is the largest that one number of five digits can say in hours.
const maxDuration = 99999 * time.Hour

// ParseDuration reads s. The error says what a valid one looks like.
func ParseDuration(s string) (Duration, error) {
	if !durationPattern.MatchString(s) {
		return 0, fmt.Errorf("%q is not a duration: write for example 500ms, 5s, 1m30s or 1h", s)
	}
	d, err := time.ParseDuration(s)
	if err != nil || d > maxDuration {
		return 0, fmt.Errorf("%q is too long: write at most 99999h", s)
	}
	return Duration(d), nil
}

// String renders d exactly, to the millisecond, in the form ParseDuration
// reads; finer parts are cut off.
func (d Duration) String() string {
	rest := time.Duration(d).Truncate(time.Millisecond)
	if rest <= 0 {
		return "0s"
	}
	var b strings.Builder
	for _, u := range []struct {
		name string
		size time.Duration
	}{{"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}, {"ms", time.Millisecond}} {
		if n := rest / u.size; n > 0 {
			fmt.Fprintf(&b, "%d%s", n, u.name)
			rest -= n * u.size
		}
	}
	return b.String()
}

// MarshalText implements encoding.TextMarshaler.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// badDuration precedes the text of a duration in a json.UnmarshalTypeError.
const badDuration = "duration "

// UnmarshalText implements encoding.TextUnmarshaler. Its error is of the type
// to which encoding/json adds the name of the field; Decode turns it into
// ParseDuration's words.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := ParseDuration(string(text))
	if err != nil {
		return &json.UnmarshalTypeError{Value: badDuration + string(text), Type: reflect.TypeFor[Duration]()}
	}
	*d = parsed
	return nil
}
