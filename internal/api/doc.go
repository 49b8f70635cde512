// Package api is what programs talk to over HTTP: /pbx/read_call, /api/v1,
// /status, /metrics and the probes, and the server that all pages hang on.
//
// It reads requests, refuses what is wrong with them in plain words, and shows
// what others know. How past calls are processed, where calls are kept, who an
// account is: all of that stands behind the small interfaces it asks for. It
// knows no database, no queue, no CRM.
package api
