package main

import (
	"fmt"
	"strings"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
)

// bounds says what a schema allows; empty: everything of its type.
func bounds(s apiextensionsv1.JSONSchemaProps) string {
	var all []string
	if len(s.Enum) > 0 {
		values := make([]string, len(s.Enum))
		for i, value := range s.Enum {
			values[i] = "`" + strings.Trim(string(value.Raw), `"`) + "`"
		}
		all = append(all, strings.Join(values, ", "))
	}
	all = append(all, between(whole(s.Minimum), whole(s.Maximum), "")...)
	all = append(all, between(s.MinLength, s.MaxLength, " characters")...)
	all = append(all, between(s.MinItems, s.MaxItems, " items")...)
	all = append(all, between(s.MinProperties, s.MaxProperties, " entries")...)
	if s.Pattern != "" {
		all = append(all, "`"+cell(s.Pattern)+"`")
	}
	for _, rule := range s.XValidations {
		all = append(all, cell(rule.Message))
	}
	return strings.Join(all, "; ")
}

func whole(limit *float64) *int64 {
	if limit == nil {
		return nil
	}
	n := int64(*limit)
	return &n
}

// between says a least and a most, where there are any.
func between(least, most *int64, of string) []string {
	switch {
	case least != nil && most != nil:
		return []string{fmt.Sprintf("%d to %d%s", *least, *most, of)}
	case least != nil:
		return []string{fmt.Sprintf("at least %d%s", *least, of)}
	case most != nil:
		return []string{fmt.Sprintf("at most %d%s", *most, of)}
	}
	return nil
}

// rules lists what holds between the fields of an object.
func rules(b *strings.Builder, path string, object apiextensionsv1.JSONSchemaProps) {
	if len(object.XValidations) == 0 {
		return
	}
	b.WriteString("\nWhat holds between them:\n\n")
	for _, rule := range object.XValidations {
		fmt.Fprintf(b, "* `%s%s` %s\n", path, rule.FieldPath, cell(rule.Message))
	}
}
