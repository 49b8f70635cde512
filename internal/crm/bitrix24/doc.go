// Package bitrix24 brings calls to a Bitrix24 portal: registers each under a
// key of its own, finishes it, attaches its recording, and asks the portal's
// statistics what became of a request whose answer was lost.
//
// Sources: https://apidocs.bitrix24.com/api-reference/telephony/ for methods,
// /api-reference/tasks/ for tasks, /limits.html for limits, /settings/oauth/ for
// tokens. What the documents leave open is written at the place that had to
// decide it, and is a switch of the simulator in bitrixsim.
//
// The package knows neither the journal nor when to try again: it says what a
// step is, what came of it and how fast the portal lets one go.
package bitrix24
