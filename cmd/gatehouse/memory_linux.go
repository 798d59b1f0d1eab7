package main

import "syscall"

// keepMemory has the system write the memory of this process nowhere, whatever
// ends it, and show it and its environment to no other process of the same user:
// keys, secrets and what clients send are in it. What the Go runtime says when a
// program crashes are names of functions and addresses. Where the system says no
// the program goes on without.
func keepMemory() {
	syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{})
	// A core that is piped to a program heeds no limit (core(5)).
	syscall.RawSyscall(syscall.SYS_PRCTL, syscall.PR_SET_DUMPABLE, 0, 0)
}
