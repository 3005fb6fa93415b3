package controllers

import "encoding/json"

// An operation is one of a JSON patch, RFC 6902. The patch is refused as a whole,
// as invalid, where a test in it fails.
type operation struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value any    `json:"value"`
}

// jsonPatch writes out operations whose values are plain data.
func jsonPatch(operations ...operation) []byte {
	patch, err := json.Marshal(operations)
	if err != nil {
		panic("a JSON patch is plain data: " + err.Error())
	}
	return patch
}
