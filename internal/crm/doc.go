// Package crm says what a CRM must offer to receive calls, and what an adapter
// for one must provide: Target. The adapters stand below (webhook, bitrix24,
// kommo) and all pass the suite in crmtest.
//
// An adapter knows its CRM's requests and errors. When to try, what to write
// down before, how fast to go and what to do after a crash is decided by
// deliver, the same for all. The package knows calls, and no journal, no queue
// and no clock of its own.
package crm
