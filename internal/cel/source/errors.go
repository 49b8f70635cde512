package source

import "fmt"

// UnavailableError says that a database or file is away. Trying later may help;
// nothing is wrong with the request.
type UnavailableError struct {
	// Place names what is away, without a password.
	Place string
	// Err is what the driver or the system said.
	Err error
	// Remedy says what to do.
	Remedy string
}

func (e *UnavailableError) Error() string {
	return fmt.Sprintf("%s is away (%v): %s", e.Place, e.Err, e.Remedy)
}

func (e *UnavailableError) Unwrap() error { return e.Err }

// SetupError says that a source cannot be read as it is configured. Trying
// later does not help.
type SetupError struct {
	// Place names the table or file, without a password.
	Place string
	// Problem says what is wrong, Remedy what to do.
	Problem, Remedy string
	// Err is what the driver or the system said; may be nil.
	Err error
}

func (e *SetupError) Error() string {
	return fmt.Sprintf("%s: %s; %s", e.Place, e.Problem, e.Remedy)
}

func (e *SetupError) Unwrap() error { return e.Err }
