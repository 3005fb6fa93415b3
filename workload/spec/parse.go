package spec

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// ParseServer reads settings as JSON over the defaults and validates them. An
// unknown field is an error.
func ParseServer(data []byte) (Server, error) {
	s := DefaultServer()
	if err := decodeStrict(data, &s); err != nil {
		return Server{}, err
	}
	return s, s.Validate()
}

// ParseClient reads settings as JSON over the defaults and validates them. An
// unknown field is an error.
func ParseClient(data []byte) (Client, error) {
	c := DefaultClient()
	if err := decodeStrict(data, &c); err != nil {
		return Client{}, err
	}
	return c, c.Validate()
}

func decodeStrict(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		var wrong *json.UnmarshalTypeError
		if errors.As(err, &wrong) {
			return fmt.Errorf("settings: %s: is a %s, want %s", wrong.Field, wrong.Value, wrong.Type)
		}
		return fmt.Errorf("settings: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("settings: text follows the JSON object: remove it")
	}
	return nil
}
