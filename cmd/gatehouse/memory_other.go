//go:build !linux

package main

// keepMemory knows the ways of Linux alone.
func keepMemory() {}
