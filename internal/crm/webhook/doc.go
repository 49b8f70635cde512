// Package webhook brings calls to a receiver of the user's own: one signed POST
// for each revision of a call, as docs/webhook.md tells receivers.
//
// It knows the request and its answers, and no queue: when to try again is decided
// by deliver.
package webhook
