// Package bitrixsim is a Bitrix24 portal with its token server, for tests and
// for the demonstration: strict where the vendor's documents are clear, with a
// switch where they are not. Its limits run on whatever clock it is given, and
// it can be told to fail in all the ways that networks and portals do.
//
// It shows what it holds at / as a page and at /state.json. It knows nothing of
// the client that is tested with it.
package bitrixsim
