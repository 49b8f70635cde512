// Package deliver brings calls to targets, each exactly once: it decides what is
// to be delivered, in which order and how fast, writes every step down before it
// is done, and knows one treatment for each class of failure.
//
// A target is a crm.Target: deliver knows no CRM. It is the Deliverer of runs, and
// the one who may call Target's methods.
package deliver
