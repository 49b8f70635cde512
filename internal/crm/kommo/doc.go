// Package kommo brings calls to amoCRM and Kommo, which share one API (version
// 4) under two names. It knows their requests, their errors and how they keep
// calls: as notes on a contact, a company or a lead, as entries among the
// unsorted for callers whom nobody knows. It knows no journal and no queue;
// each step is one request, so that the limit of requests can be kept to the
// request.
package kommo
