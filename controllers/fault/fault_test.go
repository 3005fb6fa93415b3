package fault_test

import (
	"errors"
	"fmt"
	"testing"

	"tcp-operator.io/controllers/fault"
)

func TestWorst(t *testing.T) {
	plain := errors.New("plain")
	invalid := fmt.Errorf("wrapped: %w", &fault.Invalid{Err: errors.New("invalid")})
	waiting := &fault.Waiting{Err: errors.New("waiting")}
	for name, c := range map[string]struct {
		errs []error
		want error
	}{
		"nothing":                             {[]error{nil, nil}, nil},
		"a failed call is repeated":           {[]error{waiting, nil, plain, invalid}, plain},
		"a wrong spec before what is missing": {[]error{waiting, invalid}, invalid},
		"the first of two alike":              {[]error{nil, plain, errors.New("other")}, plain},
		"what is missing":                     {[]error{nil, waiting}, waiting},
	} {
		t.Run(name, func(t *testing.T) {
			if got := fault.Worst(c.errs...); !errors.Is(got, c.want) || (got == nil) != (c.want == nil) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}
