package cli

import (
	"io"
	"os"

	"golang.org/x/term"
)

// screen is the width of the terminal that w writes to, 0 if it is none.
func screen(w io.Writer) int {
	file, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return 0
	}
	width, _, err := term.GetSize(int(file.Fd()))
	if err != nil || width <= 0 {
		return 80
	}
	return width
}
