package spec

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
)

// ParseServer reads settings as JSON over the defaults and validates them. An
// unknown field is an error.
func ParseServer(data []byte) (Server, error) {
	s := DefaultServer()
	if err := Decode(data, &s); err != nil {
		return Server{}, err
	}
	if err := s.Validate(); err != nil {
		return Server{}, err
	}
	return s, nil
}

// ParseClient reads settings as JSON over the defaults and validates them. An
// unknown field is an error.
func ParseClient(data []byte) (Client, error) {
	c := DefaultClient()
	if err := Decode(data, &c); err != nil {
		return Client{}, err
	}
	if err := c.Validate(); err != nil {
		return Client{}, err
	}
	return c, nil
}

// Decode reads JSON over what into, a *Server or *Client, already holds, and
// leaves validation to the caller: one who has more settings to lay on top.
// An unknown field is an error. Every error is a *FieldError if it concerns
// one known field.
func Decode(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return explain(err)
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("settings: text follows the JSON object: remove it")
	}
	return nil
}

// explain rewrites an error of encoding/json for the one who wrote the JSON.
func explain(err error) error {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && wrong.Field != "" {
		return &FieldError{Field: wrong.Field, Problem: problem(wrong)}
	}
	message := strings.TrimPrefix(err.Error(), "json: ")
	if strings.HasPrefix(message, "unknown field") {
		return fmt.Errorf("settings: %s: remove it or mend its spelling", message)
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		message = "the JSON ends too soon"
	}
	return fmt.Errorf("settings: %s: write one JSON object such as {\"port\": 9527}", message)
}

func problem(wrong *json.UnmarshalTypeError) string {
	if wrong.Type == reflect.TypeFor[Duration]() {
		if bad, ok := strings.CutPrefix(wrong.Value, badDuration); ok {
			_, err := ParseDuration(bad)
			return err.Error()
		}
		return fmt.Sprintf("is of type %s: write a duration in quotes, such as \"5s\"", wrong.Value)
	}
	want := "a " + wrong.Type.Kind().String()
	switch wrong.Type.Kind() {
	case reflect.Int32:
		want = "a whole number of 32 bits"
	case reflect.Struct:
		want = "an object"
	}
	return fmt.Sprintf("is of type %s: write %s", wrong.Value, want)
}
