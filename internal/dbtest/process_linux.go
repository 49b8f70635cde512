package dbtest

import "syscall"

// dieWithParent has the kernel kill the child when this process ends.
func dieWithParent(a *syscall.SysProcAttr) { a.Pdeathsig = syscall.SIGKILL }
