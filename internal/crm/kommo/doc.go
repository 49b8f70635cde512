// Package kommo brings calls to amoCRM and Kommo, which share one API (version
// 4) under two names. It knows their requests, their errors and how they keep
// calls: as notes on a contact, a company or a lead, as entries among the
// unsorted for callers whom nobody knows. It knows no journal and no queue.
//
// A step that asks for a client is one request. What steps write goes together
// with what other deliveries want written at that moment (batch), and is looked for together
// after a lost reply (readback); such a request is paid for out of the limit when it
// is sent (purse), so that the limit is kept to the request.
package kommo
