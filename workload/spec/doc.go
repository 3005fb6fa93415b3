// Package spec is the contract between the operator and the workload: what
// one server or client process is told to do. The operator renders these
// types as JSON into the pod template and the workload parses the same types,
// so the two cannot disagree; field names equal those of the custom
// resources. It imports the standard library only.
//
// A setting that is absent has its default; one that is present is taken as
// it is, zero included. Parse and Validate name the offending field and say
// what to write instead.
package spec
