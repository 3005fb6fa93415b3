// Package controllers keeps TcpServers and TcpClients: one reconciler a kind,
// each a table of contents of the same stages.
//
//	watch event -> key -> Get -> desired (pure) -> apply -> observe -> status (pure) -> one status patch -> events
//
// What should be is decided in package desired, what is reported in package
// status; both are pure. This package and package observed only carry values
// between them and the API server, and decide nothing.
package controllers
