package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// interrupts returns a context that the first SIGINT or SIGTERM ends, and a
// channel that the second one closes. stop gives the signals back.
func interrupts(parent context.Context) (ctx context.Context, cut <-chan struct{}, stop func()) {
	ctx, cancel := context.WithCancel(parent)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	second, done, ended := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for n := 0; n < 2; n++ {
			select {
			case <-signals:
				if n == 0 {
					cancel()
				} else {
					close(second)
				}
			case <-done:
				return
			}
		}
	}()
	return ctx, second, func() {
		signal.Stop(signals)
		close(done)
		<-ended
		cancel()
	}
}

// hangups returns a channel on which each SIGHUP asks to read everything again;
// several that come while nobody listens are one. stop gives the signal back.
func hangups() (reload <-chan struct{}, stop func()) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGHUP)
	asked, done, ended := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-signals:
			case <-done:
				return
			}
			select {
			case asked <- struct{}{}:
			case <-done:
				return
			}
		}
	}()
	return asked, func() {
		signal.Stop(signals)
		close(done)
		<-ended
	}
}

// outliveReaders has the program go on when whoever reads its standard output
// or error ends: what is written there fails, and calls are served. Otherwise
// the end of a collector of logs would be that of the gate, without a word.
func outliveReaders() (stop func()) {
	signal.Ignore(syscall.SIGPIPE)
	return func() { signal.Reset(syscall.SIGPIPE) }
}
